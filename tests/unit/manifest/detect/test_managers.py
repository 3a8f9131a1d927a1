"""Process managers and platforms name apps, workers and migrations in files of their own."""

import pytest

from ecluse.manifest.detect import detect
from ecluse.manifest.detect.facts import Kind, every
from ecluse.manifest.detect.tree import Tree

SUPERVISOR = """\
[supervisord]
nodaemon=true

[program:web]
directory=/srv/shop
command=/srv/venv/bin/gunicorn shop.wsgi:application
    --workers 3 --bind unix:/run/x.sock   ; a comment

[program:alerts]
directory=%(here)s/..
command=/srv/venv/bin/python manage.py sendalerts
[program:nginx]
command=/usr/sbin/nginx
"""

UNIT = """\
[Unit]
Description=x
[Service]
WorkingDirectory=/opt/shop/src
Environment="SHOP_APP=svc:app" LANG=C
ExecStartPre=-/opt/venv/bin/python manage.py migrate --noinput
ExecStart=/opt/venv/bin/gunicorn \\
    $SHOP_APP
"""

UWSGI = """\
[uwsgi]
chdir = /app/src
module = shop.wsgi:application
processes = 4
attach-daemon = python3 manage.py sendreports --loop
smart-attach-daemon = /tmp/c.pid celery -A shop worker
"""

MANAGE = {"manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'conf')\n"}


def found(files, kind):
    return [(fact.value, fact.place) for fact in every(detect(Tree.of(files)), kind)]


def test_supervisor_starts_an_app_and_a_worker():
    files = {"deploy/supervisor.conf": SUPERVISOR, **MANAGE}
    assert found(files, Kind.WSGI) == [("shop.wsgi:application", "deploy/supervisor.conf:6")]
    assert found(files, Kind.COUNT) == [("3", "deploy/supervisor.conf:6")]
    assert found(files, Kind.WORKER) == [("python manage.py sendalerts", "deploy/supervisor.conf:11")]


def test_a_systemd_unit_starts_an_app_after_a_migration():
    files = {"shop.service": UNIT, "src/svc.py": "app = make()\n"}
    (fact,) = every(detect(Tree.of(files)), Kind.WSGI)
    assert (fact.value, fact.folder, fact.place) == ("svc:app", "src", "shop.service:7")
    assert found(files, Kind.RELEASE) == [("python manage.py migrate --noinput", "shop.service:6")]


def test_uwsgi_names_an_app_and_keeps_workers():
    files = {"uwsgi.ini": UWSGI, "src/shop/wsgi.py": "", **MANAGE}
    (fact,) = every(detect(Tree.of(files)), Kind.WSGI)
    assert (fact.value, fact.folder, fact.line) == ("shop.wsgi:application", "src", 3)
    assert found(files, Kind.COUNT) == [("4", "uwsgi.ini:4")]
    assert {value for value, _ in found(files, Kind.WORKER)} == {
        "python manage.py sendreports --loop", "celery -A shop worker",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "target"),
    [
        ("wsgi-file = web/run.py\ncallable = app", "web.run:app"),
        ("module = shop\ncallable = app", "shop:app"),
        ("mount = /=shop.web:app", "shop.web:app"),
    ],
)
def test_uwsgi_names_an_app_in_several_ways(lines, target):
    assert [value for value, _ in found({"conf/uwsgi.ini": f"[uwsgi]\n{lines}\n"}, Kind.WSGI)] == [target]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("app.yaml", "runtime: python312\nentrypoint: gunicorn -b :$PORT shop:app\n"),
        ("render.yaml", "services:\n  - type: web\n    startCommand: gunicorn shop:app\n"),
        ("heroku.yml", "run:\n  web: gunicorn shop:app\n"),
        ("railway.toml", '[deploy]\nstartCommand = "gunicorn shop:app"\n'),
        ("fly.toml", '[processes]\napp = "gunicorn shop:app"\n'),
        (".flaskenv", "FLASK_APP=shop:app\n"),
        ("pyproject.toml", '[tool.flask]\napp = "shop:app"\n'),
        ("gunicorn.conf.py", "workers = 2\nwsgi_app = 'shop:app'\n"),
        ("Procfile", "web: FLASK_APP=shop:app flask run --port $PORT\n"),
        ("Procfile", "web: poetry run flask --app shop:app run --port $PORT\n"),
        ("Procfile", "web: cd back && python -u -m gunicorn -b 0.0.0.0:$PORT shop:app\n"),
        ("Procfile", "web: flask db upgrade; exec gunicorn -w 3 shop:app\n"),
        ("Procfile", "web: uwsgi --http :$PORT --module shop --callable app\n"),
    ],
)
def test_a_platform_s_file_names_the_app(file, text):
    assert [value for value, _ in found({file: text, "shop.py": ""}, Kind.WSGI)] == ["shop:app"]


def test_a_factory_that_flask_would_call_is_called():
    factory = "from flask import Flask\ndef make():\n    app = Flask(__name__)\n    return app\n"
    files = {".flaskenv": "FLASK_APP=shop.web:make\n", "shop/__init__.py": "", "shop/web.py": factory}
    assert found(files, Kind.WSGI)[0] == ("shop.web:make()", ".flaskenv:1")


def test_fastapi_s_own_table_names_the_app():
    files = {"pyproject.toml": '[tool.fastapi]\nentrypoint = "back.main:api"\n', "back/main.py": ""}
    assert found(files, Kind.ASGI) == [("back.main:api", "pyproject.toml:2")]


@pytest.mark.parametrize(
    ("code", "command"),
    [
        ("import dramatiq\n@dramatiq.actor\ndef f(): ...\n", "dramatiq jobs"),
        ("class WorkerSettings: ...\n", "arq jobs.WorkerSettings"),
        ("from taskiq_redis import ListQueueBroker\nbroker = ListQueueBroker('x')\n", "taskiq worker jobs:broker"),
        ("import procrastinate\napp = procrastinate.App(x)\n", "procrastinate --app=jobs.app worker"),
    ],
)
def test_a_worker_that_the_code_declares_is_found(code, command):
    assert [value for value, _ in found({"jobs.py": code}, Kind.WORKER)] == [command]


FASTAPI = "from fastapi import FastAPI\napi = FastAPI()\n"


@pytest.mark.parametrize(
    ("line", "kind", "value"),
    [
        ("fastapi run back/main.py --port $PORT", Kind.ASGI, "main:api"),
        ("sanic back.main.api --host 0", Kind.ASGI, "back.main:api"),
        ("litestar --app back.main:api run", Kind.ASGI, "back.main:api"),
        ("uwsgi --wsgi-file back/main.py --callable api", Kind.WSGI, "back.main:api"),
        ("FLASK_APP=back/main.py flask run", Kind.ASGI, "main:api"),
        ("FLASK_APP=src.main flask run", Kind.ASGI, "src.main:api"),
        ("python -W ignore -m streamlit run x/page.py", Kind.COMMAND, "streamlit run x/page.py --server.port $PORT"),
        ("python -m srv --debug", Kind.COMMAND, "env SRV_PORT=$PORT python -m srv --debug"),
        ("python srv/__main__.py -p $PORT", Kind.COMMAND, "python srv/__main__.py -p $PORT"),
        ("./srv/__main__.py", Kind.COMMAND, "env SRV_PORT=$PORT python ./srv/__main__.py"),
        ("srv up", Kind.COMMAND, "env SRV_PORT=$PORT srv up"),
        ("cd srv; ./go.sh", Kind.COMMAND, "env SRV_PORT=$PORT python __main__.py"),
        ("/opt/venv/bin/dramatiq jobs & gunicorn back.main:api", Kind.WORKER, "dramatiq jobs"),
    ],
)
def test_a_command_line_is_followed_to_what_serves(line, kind, value):
    serves = "from aiohttp import web\nimport os\nport = os.environ['SRV_PORT']\n"
    files = {
        "Procfile": f"web: {line}\n", "back/main.py": FASTAPI, "src/main.py": FASTAPI, "srv/__init__.py": "",
        "srv/__main__.py": f"{serves}def main(): web.run_app(make(), port=port)\nmain()\n",
        "srv/go.sh": "#!/bin/sh\npython manage.py collectstatic\nexec python __main__.py\n",
        "pyproject.toml": "[project]\nname = 'srv'\n[project.scripts]\nsrv = 'srv.__main__:main'\n",
    }  # fmt: skip
    named = [fact.value for fact in every(detect(Tree.of(files)), kind) if fact.file == "Procfile"]
    assert named
    assert named[0].startswith(value)


def test_a_script_that_starts_itself_is_read_once():
    files = {"Procfile": "web: ./go.sh\n", "go.sh": "#!/bin/sh\n./go.sh\n./go.sh\ngunicorn shop:app\n"}
    assert found(files, Kind.WSGI) == [("shop:app", "Procfile:1")]


def test_what_a_web_process_runs_before_its_server_is_no_worker():
    command = "sh -c 'python manage.py seed && gunicorn a:b'"
    files = {"compose.yml": f"services:\n  django:\n    build: .\n    command: {command}\n", **MANAGE}
    assert found(files, Kind.WORKER) == []
    assert found(files, Kind.WSGI) == [("a:b", "compose.yml:4")]


def test_a_list_in_a_procfile_is_an_app_and_a_migration():
    files = {"Procfile": "web: python manage.py migrate && gunicorn conf.wsgi -w 3 --bind :$PORT\n", **MANAGE}
    assert found(files, Kind.WSGI) == [("conf.wsgi:application", "Procfile:1")]
    assert found(files, Kind.RELEASE) == [("python manage.py migrate", "Procfile:1")]


def test_a_procfile_line_that_runs_a_program_is_told_how_that_takes_its_port():
    code = "from aiohttp import web\nimport os\nweb.run_app(make(), port=os.environ['APP_PORT'])\n"
    files = {"Procfile": "web: python -u bin/run.py --fast\n", "bin/run.py": code}
    surest = every(detect(Tree.of(files)), Kind.COMMAND)[0]
    assert (surest.value, surest.place) == ("env APP_PORT=$PORT python bin/run.py --fast", "Procfile:1")
