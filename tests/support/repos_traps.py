"""What real repositories do to whoever serves them, each as the smallest repository that does it."""

from dataclasses import dataclass

from support import repos_django, repos_front, repos_small

FLASK = (
    'from flask import Flask\n\n{before}app = Flask(__name__)\n\n\n@app.route("/")\ndef page():\n    return "trap"\n'
)
FACTORY = "from flask import Flask\n\n\ndef create_app({given}):\n    app = Flask(__name__)\n    return app\n"
STARTED = """\
import sqlite3

from flask import Flask

app = Flask(__name__)


def init_db():
    with sqlite3.connect("shop.db") as db:
        db.execute("CREATE TABLE IF NOT EXISTS item (name TEXT)")


@app.route("/")
def items():
    with sqlite3.connect("shop.db") as db:
        return str(db.execute("SELECT name FROM item").fetchall())


if __name__ == "__main__":
    init_db()
    app.run()
"""
PINNED = {"requirements.txt": "flask==3.1.0\n"}
POSTGRES = """\
services:
  web: {build: ., environment: {DATABASE_URL: 'postgresql+psycopg://db:5432/shop'}}
  db: {image: 'postgres:16'}
"""
PACKAGE = '[project]\nname = "{name}"\nversion = "1"\nrequires-python = "{python}"\ndependencies = [{needs}]\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Trap:
    """`says` are parts of the manifest, `never` what must not be in it, `open` parts of what is left to a person.

    `problem` is the code of the one Problem that it ends in instead.
    `answers` is what the served app says: path and text (`make test-live`). `is_tried`: it takes a try to be seen.
    """

    files: dict[str, str]
    says: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    problem: str = ""
    answers: tuple[str, str] | None = None
    needs: tuple[int, ...] = ()
    """Minor versions of Python without which it can't be shown."""
    is_tried: bool = False


def flask(before="", **files):
    return {"app.py": FLASK.format(before=before), **PINNED, **files}


def django(**files):
    return {**repos_django.FILES, **files}


SPLIT = {
    "shop/settings/__init__.py": "",
    "shop/settings/base.py": repos_django.SETTINGS,
    "shop/settings/production.py": "import os\nfrom shop.settings.base import *\nSECRET_KEY = os.environ['SECRET']\n",
    "shop/settings/development.py": "from shop.settings.base import *\nDEBUG = True\n",
    "shop/settings/test.py": "from shop.settings.base import *\n",
    "shop/wsgi.py": repos_django.WSGI.replace("shop.settings", "shop.settings.production"),
    "manage.py": repos_django.MANAGE.replace("shop.settings", "shop.settings.production"),
}
DJANGO_SPLIT = {name: text for name, text in repos_django.FILES.items() if name != "shop/settings.py"} | SPLIT

THE_PYTHON = {
    "no interpreter fits": Trap(
        files=flask(**{"pyproject.toml": PACKAGE.format(name="shop", python=">=3.99", needs='"flask"')}),
        problem="B001",
        is_tried=True,
    ),
    "the code is newer than the version that is declared": Trap(
        files=flask("type Name = str\n", **{".python-version": "3.11\n"}),
        says=('python = "3.12" # app.py:3 is no Python 3.11',),
        needs=(11, 12),
    ),
    "the demands rule out the only Python that reads the code": Trap(
        files=flask("type Name = str\n", **{"pyproject.toml": PACKAGE.format(name="shop", python="<3.12", needs="")}),
        problem="I012",
        needs=(12,),
    ),
    "a version file that breaks python3 by name in this folder": Trap(
        files=flask(**{".python-version": "3.7.2\n"}), says=('app = "app:app"',), answers=("/", "trap")
    ),
}

THE_DEPENDENCIES = {
    "the requirements are a chain of files, with a server that is built from source": Trap(
        files={
            "app.py": FLASK.format(before=""),
            "requirements.txt": "-r requirements/production.txt\n",
            "requirements/base.txt": "flask==3.1.0\n",
            "requirements/local.txt": "-r base.txt\n",
            "requirements/production.txt": "-r base.txt\nuwsgi\n",
        },
        says=('requirements = ["requirements.txt"]',),
    ),
    "no server is listed": Trap(files=flask(), says=('app = "app:app"',), never=("command =",), answers=("/", "trap")),
    "pkg_resources is imported and nobody declares it": Trap(
        files=flask("import pkg_resources\n"), says=('app = "app:app"',)
    ),
    "the app lies in a member of a workspace": Trap(
        files={
            "pyproject.toml": '[tool.uv.workspace]\nmembers = ["packages/*"]\n',
            "packages/core/pyproject.toml": PACKAGE.format(name="core", python=">=3.9", needs=""),
            "packages/core/core.py": "",
            "packages/web/pyproject.toml": PACKAGE.format(name="web", python=">=3.9", needs='"flask"'),
            "packages/web/web.py": FLASK.format(before=""),
        },
        says=('project = "packages/web"', 'app = "web:app"'),
    ),
    "the tests' packages are an extra": Trap(
        files={
            "pyproject.toml": PACKAGE.format(name="shop", python=">=3.9", needs='"flask"')
            + '[project.optional-dependencies]\ntest = ["pytest"]\n',
            "shop.py": FLASK.format(before=""),
            "tests/test_shop.py": "import shop\ndef test_it(): assert shop.app\n",
        },
        says=('test_extras = ["test"]', "[steps.test]"),
    ),
}

SEVERAL = Trap(
    files={
        f"{name}/{file}": text
        for name in ("shop", "admin")
        for file, text in {"app.py": FLASK.format(before=""), **PINNED}.items()
    }
)
"""Two apps lie in one repository."""

THE_ENTRY_POINT = {
    "a factory wants the name of its settings": Trap(
        files={
            "shop/__init__.py": FACTORY.format(given="name"),
            "config.py": "class Development: ...\nconfig = {'development': Development, 'production': Development}\n",
            **PINNED,
        },
        says=("app = \"shop:create_app('development')\"",),
    ),
    "the object is called otherwise, and made by a factory elsewhere": Trap(
        files={
            "shop/app.py": FACTORY.format(given=""),
            "shop/__init__.py": "",
            "autoapp.py": "from shop.app import create_app\n\napp = create_app()\n",
            **PINNED,
        },
        says=('app = "autoapp:app"',),
    ),
    "only pyproject.toml names the entry point": Trap(
        files={
            "pyproject.toml": PACKAGE.format(name="shop", python=">=3.9", needs='"fastapi"')
            + '[tool.fastapi]\nentrypoint = "shop.service:service"\n',
            "shop/__init__.py": "",
            "shop/service.py": "from fastapi import FastAPI\n\nservice = FastAPI()\n",
        },
        says=('app = "shop.service:service"',),
    ),
    "the working folder matters": Trap(
        files={
            "backend/app/__init__.py": "",
            "backend/app/main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n",
            "backend/requirements.txt": "fastapi\n",
        },
        says=('app = "app.main:app"', 'folder = "backend"'),
    ),
    "a sub-command of Celery is the web server": Trap(
        files={
            "tasks.py": "from celery import Celery\n\ncelery = Celery('tasks', broker='redis://localhost')\n",
            "requirements.txt": "celery[redis]\nflower\n",
            "Procfile": "web: celery -A tasks flower --port=$PORT\n",
        },
        says=('command = "exec celery -A tasks flower --port=$PORT"',),
    ),
    "a program that names its port": Trap(
        files={
            "serve.py": "from wsgiref.simple_server import make_server\n\n\ndef page(environ, start_response):\n"
            '    start_response("200 OK", [])\n    return [b"trap"]\n\n\nif __name__ == "__main__":\n'
            '    make_server("0.0.0.0", 8000, page).serve_forever()\n',
        },
        says=("exec python -c", "serve.py"),
        answers=("/", "trap"),
    ),
    "nothing here is an app": Trap(
        files={
            "pyproject.toml": PACKAGE.format(name="sums", python=">=3.9", needs=""),
            "sums.py": "def add(a, b):\n    return a + b\n",
        },
        problem="I001",
    ),
}

THE_SETTINGS = {
    "the development settings are beside those of production": Trap(
        files=DJANGO_SPLIT, says=('DJANGO_SETTINGS_MODULE = "shop.settings.development"',)
    ),
    "a variable is read at import": Trap(
        files=flask('import os\n\nTOKEN = os.environ["SHOP_TOKEN"]\n'),
        says=("SHOP_TOKEN =", "made up; read at app.py:5"),
        answers=("/", "trap"),
    ),
    "a variable is read in a class body, as a number": Trap(
        files=flask('import os\n\n\nclass Config:\n    WORKERS = int(os.environ["SHOP_WORKERS"])\n\n\n'),
        says=('SHOP_WORKERS = "1"',),
        answers=("/", "trap"),
    ),
    "the example of the variables holds nothing but comments": Trap(
        files=flask(
            'import os\n\nTOKEN = os.environ["SHOP_TOKEN"]\n', **{".env.example": "# SHOP_TOKEN: ask somebody\n"}
        ),
        says=("SHOP_TOKEN =",),
    ),
    "a URL must have the driver in its scheme": Trap(
        files={
            "app.py": FLASK.format(before='import os\n\nURL = os.environ["DATABASE_URL"]\n'),
            "requirements.txt": "flask\nsqlalchemy\npsycopg[binary]\n",
            "compose.yaml": POSTGRES,
        },
        says=('kind = "postgres"', 'DATABASE_URL = "postgresql+psycopg://{user}'),
    ),
    "a committed env file points at a port that is not ours": Trap(
        files={
            "app.py": FLASK.format(before='import os\n\nURL = os.environ["DATABASE_URL"]\n'),
            "requirements.txt": "flask\npsycopg2-binary\n",
            ".env": "DATABASE_URL=postgresql://shop:shop@localhost:5433/shop\n",
        },
        says=('kind = "postgres"', "@{host}:{port}"),
        never=("5433",),
    ),
    "the app admits localhost only": Trap(
        files=django(**{"shop/settings.py": repos_django.SETTINGS.replace(', "127.0.0.1"', "")}),
        says=('url = "http://localhost:{port}" # shop/settings.py:6 admits localhost, not 127.0.0.1',),
        answers=("/notes/", ""),
    ),
}

THE_STATE = {
    "the database lies in a folder that git does not carry": Trap(
        files=django(), says=('"data/db.sqlite3"', '"media/"')
    ),
    "logs, a secret and an index are made in the tree": Trap(
        files=repos_small.KEEPER, says=('"secret.key"', '"index/"', "logs/")
    ),
    "the database that is read lies in the app's own folder": Trap(
        files=repos_small.FASTAPI, says=('"backend/data/", # backend/main.py',)
    ),
}

BEFORE_THE_START = {
    "a command that makes the tables loses what is in them": Trap(
        files=repos_small.FLASKR, says=("flask --app flaskr:create_app init-db",)
    ),
    "the tables are made only where the file itself is started": Trap(
        files={"app.py": STARTED, **PINNED, ".gitignore": "shop.db\n"},
        says=('migrate = "python -c', "from app import init_db; init_db()", '"shop.db"'),
        answers=("/", "[]"),
    ),
    "the migrations lie in a sub-folder": Trap(
        files={
            "backend/app/main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n",
            "backend/app/__init__.py": "",
            "backend/alembic.ini": "[alembic]\nscript_location = migrations\n",
            "backend/migrations/env.py": "",
            "backend/migrations/versions/0001_first.py": "revision = '1'\n",
            "backend/requirements.txt": "fastapi\nalembic\nsqlalchemy\n",
        },
        says=('migrate = ["env", "-C", "backend", "alembic", "upgrade", "head"]',),
    ),
    "the migrations are Flask's": Trap(
        files=flask(
            "from flask_migrate import Migrate\n",
            **{
                "migrations/env.py": "",
                "migrations/alembic.ini": "[alembic]\n",
                "migrations/versions/1.py": "",
                "requirements.txt": "flask\nflask-migrate\n",
            },
        ),
        says=('"db", "upgrade"]',),
    ),
    "translations must be compiled": Trap(
        files=flask(
            **{
                "babel.cfg": "[python: **.py]\n",
                "translations/de/LC_MESSAGES/messages.po": 'msgid ""\nmsgstr ""\n',
                "requirements.txt": "flask\nflask-babel\n",
            },
        ),
        says=('["pybabel", "compile", "-d", "translations"]',),
    ),
    "the front end is not built": Trap(files=repos_front.FILES, says=('"npm", "run", "build"',)),
    "a package.json that holds linters only": Trap(
        files=flask(**{"package.json": '{"scripts": {"lint": "eslint ."}, "devDependencies": {"eslint": "9"}}'}),
        never=("npm", "[frontend"),
        answers=("/", "trap"),
    ),
    "a script that waits for the database": Trap(
        files=flask(
            **{
                "Procfile": "release: ./wait-for-it.sh db:5432 -- flask db upgrade\nweb: gunicorn app:app\n",
                "wait-for-it.sh": "#!/bin/sh\n",
                "requirements.txt": "flask\nflask-migrate\ngunicorn\n",
            },
        ),
        says=('migrate = ["flask", "db", "upgrade"]',),
        open=("`./wait-for-it.sh db:5432` (Procfile:1) only waits, and is not run",),
    ),
    "static files that the original server mapped": Trap(
        files={
            "uwsgi.ini": "[uwsgi]\nmodule = shop.web:app\nhttp = :8080\nstatic-map = /assets=/srv/app/shop/assets\n",
            "shop/__init__.py": "",
            "shop/web.py": FLASK.format(before=""),
            "shop/assets/site.css": "a{}",
            **PINNED,
        },
        says=('static = {"/assets/" = "shop/assets/"}',),
    ),
}

THE_PROCESSES = {
    "the Procfile gives workers, a port and a time": Trap(
        files=flask(
            **{
                "Procfile": "web: gunicorn app:app -w 3 -b 0.0.0.0:$PORT --timeout 90\n",
                "requirements.txt": "flask==3.1.0\ngunicorn\n",
            }
        ),
        says=('app = "app:app"', "count = 3"),
        answers=("/", "trap"),
    ),
    "a worker that only supervisor names": Trap(
        files=flask(
            **{"supervisord.conf": "[program:worker]\ncommand=rq worker mail\n", "requirements.txt": "flask\nrq\n"}
        ),
        says=('command = ["rq", "worker", "mail"]', "enabled = false"),
    ),
    "a worker that only systemd names": Trap(
        files=django(**{"deploy/alerts.service": "[Service]\nExecStart=/srv/venv/bin/python manage.py sendalerts\n"}),
        says=('command = ["python", "manage.py", "sendalerts"] # deploy/alerts.service:2',),
    ),
    "a worker that only a compose file names": Trap(
        files={
            "shop.py": FLASK.format(before=""),
            "tasks.py": "from huey import SqliteHuey\n\nhuey = SqliteHuey(filename='queue.db')\n",
            "compose.yaml": "services:\n  web: {build: .}\n  queue: {build: ., command: huey_consumer tasks.huey}\n",
            "requirements.txt": "flask\nhuey\n",
        },
        says=('command = ["huey_consumer", "tasks.huey"]',),
        never=("huey_consumer.py",),
    ),
}

THE_TESTS = {
    "unittest files that pytest does not collect": Trap(
        files=flask(
            **{
                "tests/__init__.py": "",
                "tests/shop_tests.py": "import unittest\n\n\nclass Shop(unittest.TestCase):\n"
                "    def test_it(self): ...\n",
                "Makefile": 'test:\n\tpython -m unittest discover -p "*_tests.py"\n',
            },
        ),
        says=("[steps.test]", "*_tests.py"),
    ),
    "tests have settings of their own": Trap(
        files={
            **DJANGO_SPLIT,
            "notes/tests.py": "from django.test import TestCase\nclass N(TestCase):\n    def test_it(self): ...\n",
            "Makefile": "test:\n\tpython manage.py test --settings=shop.settings.test\n",
        },
        says=("shop.settings.test", "[steps.test]"),
    ),
    "there are no tests": Trap(files=flask(), never=("[steps.test]\n",), open=("no tests were found",)),
}

HOSTILE = {
    "a setup.py that would delete files": Trap(
        files={**flask(), "setup.py": "import shutil\nshutil.rmtree('/tmp/nothing-of-ours')\n"},
        says=('app = "app:app"',),
    ),
    "a name with a newline in it": Trap(
        files={**flask(), "x\n[processes.evil]\n.py": "import os\nos.environ['KEY']\n"}, never=("[processes.evil]\n",)
    ),
}

TRAPS = {
    **THE_PYTHON, **THE_DEPENDENCIES, **THE_ENTRY_POINT, **THE_SETTINGS, **THE_STATE, **BEFORE_THE_START,
    **THE_PROCESSES, **THE_TESTS, **HOSTILE,
}  # fmt: skip
