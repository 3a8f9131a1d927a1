"""From facts to the services that are declared."""

import tomllib

import pytest

from ecluse.loop.plan.proposing.render import render
from ecluse.loop.plan.proposing.resolve import resolve
from ecluse.loop.plan.proposing.services import without
from ecluse.manifest.detect import detect
from ecluse.manifest.detect.tree import Tree
from ecluse.model.service import ServiceKind

REST = "{user}:{password}@{host}:{port}/{name}"
READS = "u = os.environ['DATABASE_URL']\n"


def propose(code, *packages, **files):
    text = f"import os\nfrom flask import Flask\napp = Flask('shop')\n{code}\n"
    listed = "\n".join(("flask", *packages))
    named = {name.replace("__", "."): content for name, content in files.items()}
    return resolve(detect(Tree.of({"app.py": text, "requirements.txt": listed, **named})), name="shop")


def env_of(code, *packages, **files):
    return {
        name: form for service in propose(code, *packages, **files).app.services for name, form in service.env.items()
    }


@pytest.mark.parametrize(
    ("code", "packages", "scheme"),
    [
        (READS, ("psycopg2-binary",), "postgresql"),
        (READS, ("psycopg2",), "postgresql"),
        (READS, ("psycopg2", "sqlalchemy"), "postgresql+psycopg2"),
        (READS, ("psycopg2-binary", "flask-migrate"), "postgresql+psycopg2"),
        (READS, ("psycopg[binary]", "sqlalchemy"), "postgresql+psycopg"),
        (READS, ("asyncpg", "sqlalchemy"), "postgresql+asyncpg"),
        (READS, ("asyncpg",), "postgresql"),
        (READS + "import asyncpg\nasyncpg.connect(u)", ("asyncpg", "alembic"), "postgresql"),
        ("u = os.getenv('DATABASE_URL', 'postgres://a@b/c')", ("psycopg", "flask-sqlalchemy"), "postgresql+psycopg"),
        ("u = os.getenv('DATABASE_URL', 'postgres://a@b/c')", ("asyncpg", "tortoise-orm"), "postgres"),
        ("u = os.environ['DATABASE_URL'].replace('postgresql:', 'postgresql+psycopg:')", ("psycopg", "sqlalchemy"),
         "postgresql"),
        (READS, ("pymysql", "sqlalchemy"), "mysql+pymysql"),
        (READS, ("mysqlclient",), "mysql"),
    ],
)  # fmt: skip
def test_the_scheme_is_the_one_that_code_and_driver_want(code, packages, scheme):
    assert env_of(code, *packages) == {"DATABASE_URL": f"{scheme}://{REST}"}


def test_an_engine_for_asyncio_gets_a_driver_for_asyncio():
    code = "from sqlalchemy.ext.asyncio import create_async_engine\ne = create_async_engine(os.environ['DATABASE_URL'])"
    assert env_of(code, "psycopg2", "asyncpg", "sqlalchemy") == {"DATABASE_URL": f"postgresql+asyncpg://{REST}"}


def test_parts_are_handed_over_one_by_one():
    code = "a = os.environ['DB_HOST'], os.environ['DB_PORT'], os.environ['DB_NAME'], os.environ['DB_USER']"
    assert env_of(code, "psycopg2") == {
        "DB_HOST": "{host}", "DB_PORT": "{port}", "DB_NAME": "{name}", "DB_USER": "{user}",
    }  # fmt: skip


def test_without_a_driver_or_a_host_there_is_no_service():
    assert env_of(READS) == {}
    assert env_of("u = os.environ['DB_NAME']", "psycopg2") == {}


def test_a_broker_is_the_one_that_its_package_talks_to():
    code = "u = os.environ['CELERY_BROKER_URL']"
    assert env_of(code, "celery", "redis") == {"CELERY_BROKER_URL": "redis://:{password}@{host}:{port}/{name}"}
    assert env_of(code, "celery", "pika") == {"CELERY_BROKER_URL": f"amqp://{REST}"}


def test_each_database_of_redis_stays_its_own():
    code = "a = os.getenv('REDIS_URL', 'redis://h/0')\nb = os.getenv('BROKER_URL', 'redis://h:6379/1')"
    assert env_of(code, "redis") == {
        "REDIS_URL": "redis://:{password}@{host}:{port}/0",
        "BROKER_URL": "redis://:{password}@{host}:{port}/1",
    }


def test_a_program_of_a_package_finds_its_broker_too():
    code = "u = os.getenv('REDIS_URL', 'redis://localhost:6379/2')"
    assert env_of(code, "rq", "redis") == dict.fromkeys(
        ("REDIS_URL", "RQ_REDIS_URL"), "redis://:{password}@{host}:{port}/2"
    )


def test_a_variable_of_a_service_is_not_made_up_as_well():
    proposal = propose(READS, "psycopg2")
    assert "DATABASE_URL" not in proposal.app.environment("local").env
    assert proposal.reasons["services.db.env.DATABASE_URL"] == "read at app.py:4"


def test_the_manifest_says_so():
    text = render(propose(READS, "psycopg2"))
    assert tomllib.loads(text)["services"] == {
        "db": {"kind": "postgres", "env": {"DATABASE_URL": f"postgresql://{REST}"}}
    }
    assert "# read at app.py:4" in text


CELERY = "from celery import Celery\nworker = Celery('shop', broker=os.environ['CELERY_BROKER_URL'])"


def test_a_worker_whose_broker_is_a_service_is_on():
    app = propose(CELERY, "celery", "redis").app
    assert [(process.name, process.enabled) for process in app.processes] == [("web", True), ("worker", True)]


def test_a_worker_whose_broker_cant_be_had_is_off_and_says_why():
    app = propose(CELERY, "celery", "redis").app
    left = without(app, app.services[0], "redis can't be had here")
    assert left.services == ()
    assert [(process.name, process.enabled, process.why_off) for process in left.processes] == [
        ("web", True, ""), ("worker", False, "redis can't be had here"),
    ]  # fmt: skip
    assert app.services[0].kind is ServiceKind.REDIS
