"""Where the code wants the address of a service, and in which form."""

import pytest

from ecluse.manifest.detect import addresses
from ecluse.manifest.detect.facts import Kind
from ecluse.manifest.detect.tree import Tree


def found(files):
    files = files if isinstance(files, dict) else {"app.py": f"import os\n{files}\n"}
    facts = addresses.read(Tree.of(files))
    return {fact.value: fact.label for fact in facts if fact.kind is Kind.ADDRESS}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("u = os.environ['DATABASE_URL']", {"DATABASE_URL": "database url"}),
        ("u = os.getenv('DATABASE_URL')", {"DATABASE_URL": "database url"}),
        ("u = os.getenv('DB', 'postgresql+psycopg://a@b/c')", {"DB": "postgres postgresql+psycopg://"}),
        ("u = os.getenv('DATABASE_URL') or 'postgres://a@b/c'", {"DATABASE_URL": "postgres postgres://"}),
        ("u = os.environ.get('DATABASE_URL', f'mysql+pymysql://{a}@b/c')", {"DATABASE_URL": "mysql mysql+pymysql://"}),
        ("u = os.environ.get('DATABASE_URL', 'sqlite:///x.db')", {}),
        ("u = os.environ.get('DATABASE_URL', 'sqlite:///' + path)", {}),
        ("u = os.environ.get('DATABASE_URL') or 'sqlite:///x.db'", {}),
        ("u = os.getenv('REDIS_URL', 'redis://localhost:6379/3')", {"REDIS_URL": "redis redis:///3"}),
        ("u = os.getenv('CACHE', 'redis://localhost')", {"CACHE": "redis redis://"}),
        ("u = os.environ['CELERY_BROKER_URL']", {"CELERY_BROKER_URL": "broker url"}),
        ("u = os.environ['POSTGRES_HOST']", {"POSTGRES_HOST": "postgres host"}),
        ("u = os.getenv('DB_PASSWORD', 'x')", {"DB_PASSWORD": "database password"}),
        ("u = os.getenv('SHOP_REDIS_PORT', 6379)", {"SHOP_REDIS_PORT": "redis port"}),
        ("u = os.environ['SECRET_KEY'], os.environ['API_URL'], os.environ['HOST']", {}),
        ("u = os.getenv('API_URL', 'https://example.org')", {}),
    ],
)
def test_a_variable_is_known_by_its_default_or_its_name(code, expected):
    assert found(code) == expected


def test_a_settings_model_names_them():
    code = """
from pydantic import PostgresDsn, RedisDsn
from pydantic_settings import BaseSettings
class Settings(BaseSettings):
    model_config = {"env_prefix": "SHOP_"}
    database_url: PostgresDsn
    cache: RedisDsn = "redis://cache:6379/1"
    postgres_server: str
    title: str = "shop"
"""
    assert found({"conf.py": code}) == {
        "SHOP_DATABASE_URL": "postgres url",
        "SHOP_CACHE": "redis redis:///1",
        "SHOP_POSTGRES_SERVER": "postgres host",
    }


def test_the_keys_of_djangos_databases_say_what_each_variable_is():
    code = """
import os
DATABASES = {"default": {
    "ENGINE": "django.db.backends.postgresql", "NAME": os.environ.get("WHERE", "shop"), "HOST": os.environ["AT"],
    "USER": "shop", "PASSWORD": os.getenv("KEY"), "PORT": int(os.environ.get("GATE", 5432)),
}}
"""
    assert found({"settings.py": code}) == {
        "WHERE": "postgres name",
        "AT": "postgres host",
        "KEY": "postgres password",
        "GATE": "postgres port",
    }


def test_a_file_as_djangos_database_wants_no_address():
    code = "import os\nDATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': os.environ['FILE']}}\n"
    assert found({"settings.py": code}) == {}


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("dj_database_url.config()", {"DATABASE_URL": "database url"}),
        ("dj_database_url.config(default='postgres://a@b/c')", {"DATABASE_URL": "postgres postgres://"}),
        ("dj_database_url.config(default='sqlite:///db.sqlite3')", {}),
        ("dj_database_url.config(env='DB')", {}),
    ],
)
def test_dj_database_url_has_a_variable_of_its_own(call, expected):
    assert found({"settings.py": f"import dj_database_url\nDATABASES = {{'default': {call}}}\n"}) == expected


def test_what_others_suggest_for_it_says_the_form():
    code = {"app.py": "import os\nu = os.environ['STORE'], os.environ['QUEUE']\n"}
    env = {**code, ".env": "STORE=postgresql+asyncpg://u:p@db/app\n"}
    compose = {**code, "compose.yaml": "services:\n  web:\n    environment:\n      QUEUE: amqp://guest@broker//\n"}
    assert found(env) == {"STORE": "postgres postgresql+asyncpg://"}
    assert found(compose) == {"QUEUE": "rabbitmq amqp://"}


@pytest.mark.parametrize(
    "code",
    [
        "import os\nu = os.environ['DATABASE_URL'].replace('postgres://', 'postgresql+asyncpg://')\n",
        "import asyncpg\npool = await_(asyncpg.create_pool(url))\n",
        "from psycopg_pool import ConnectionPool\npool = ConnectionPool(url)\n",
    ],
)
def test_code_that_wants_no_driver_in_the_scheme_is_seen(code):
    facts = [fact for fact in addresses.read(Tree.of({"app.py": code})) if fact.kind is Kind.PLAIN]
    assert [fact.line for fact in facts] == [2]


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("app = Celery('x', broker='redis://localhost:6379/0')", [2]),
        ("e = create_engine('postgresql+psycopg2://a:b@127.0.0.1/c')", [2]),
        ("e = os.getenv('U', 'postgresql://a:b@localhost/c')", []),
        ("e = os.getenv('U') or 'postgresql://a:b@localhost/c'", []),
        ("class S(BaseSettings):\n    url: str = 'redis://localhost'", []),
        ("u = 'http://localhost:8000', 'postgresql://a@elsewhere/b', 'redis://localhostess'", []),
    ],
)
def test_an_address_that_nobody_can_change_is_seen(code, lines):
    facts = addresses.read(Tree.of({"app.py": f"import os\n{code}\n"}))
    assert [fact.line for fact in facts if fact.kind is Kind.FIXED] == lines


DJANGO = """\
DATABASES = {"default": {
    "ENGINE": "django.db.backends.%s", "NAME": "shop",
    %s
}}
"""


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        (DJANGO % ("postgresql", "'HOST': '127.0.0.1', 'PORT': 5432"), [3]),
        (DJANGO % ("mysql", "'HOST': 'db'"), [3]),
        (DJANGO % ("postgresql", "'USER': 'shop'"), [1]),
        (DJANGO % ("postgresql", "'HOST': os.environ['AT']"), []),
        (DJANGO % ("postgresql", "'HOST': configured.host"), []),
        (DJANGO % ("postgresql", "") + "DATABASES['default'].update(dj_database_url.config())\n", []),
        (DJANGO % ("sqlite3", "'HOST': 'localhost'"), []),
    ],
)
def test_a_host_in_djangos_databases_that_nobody_can_change_is_seen(code, lines):
    facts = addresses.read(Tree.of({"settings.py": code}))
    assert [fact.line for fact in facts if fact.kind is Kind.FIXED] == lines


@pytest.mark.parametrize(
    ("url", "env", "lines"),
    [
        ("postgresql+psycopg2://a:b@localhost/c", "engine_from_config(section)", [2]),
        ("postgresql://a:b@localhost/c", "config.set_main_option('sqlalchemy.url', url)", []),
        ("driver://user:pass@localhost/dbname", "engine_from_config(section)", []),
        ("sqlite:///shop.db", "engine_from_config(section)", []),
    ],
)
def test_the_url_that_alembic_alone_reads_is_seen(url, env, lines):
    files = {"alembic.ini": f"[alembic]\nsqlalchemy.url = {url}\n", "alembic/env.py": f"{env}\n"}
    assert [fact.line for fact in addresses.read(Tree.of(files)) if fact.kind is Kind.FIXED] == lines


COMPOSE = """\
services:
  web:
    build: .
    environment: {}
  db: {{image: postgres}}
"""


@pytest.mark.parametrize(
    "given",
    [
        "{DATABASE: postgresql+psycopg://db:5432/shop}",
        "[DATABASE=postgresql+psycopg://db/shop]",
        "{DATABASE: 'postgresql+psycopg://${USER}:${PASSWORD:?no}@db/shop'}",
        "{DATABASE: '${DATABASE:-postgresql+psycopg://db/shop}'}",
    ],
)
@pytest.mark.parametrize("file", ["compose.yaml", "docker/docker-compose.dev.yml"])
def test_a_compose_file_knows_the_form_even_where_the_host_is_one_of_its_own(file, given):
    files = {"app.py": "import os\nu = os.environ['DATABASE']\n", file: COMPOSE.format(given)}
    assert found(files) == {"DATABASE": "postgres postgresql+psycopg://"}


def test_an_example_wins_over_a_compose_file():
    files = {
        "app.py": "import os\nu = os.environ['DATABASE']\n",
        "compose.yaml": COMPOSE.format("{DATABASE: mysql://db/shop}"),
        ".env.example": "DATABASE=postgres://localhost/shop\n",
    }
    assert found(files) == {"DATABASE": "postgres postgres://"}
