"""Entry points are read off the code, never imported."""

import pytest

from ecluse.manifest.detect import detect
from ecluse.manifest.detect.facts import Kind, every
from ecluse.manifest.detect.tree import Tree


def entries(files: dict[str, str], kind: Kind) -> list[str]:
    return [fact.value for fact in every(detect(Tree.of(files)), kind)]


def found(files: dict[str, str], kind: Kind, value: str):
    return next(fact for fact in detect(Tree.of(files)) if fact.kind is kind and fact.value == value)


def test_a_flask_object_is_found_with_its_line():
    files = {"shop/__init__.py": "", "shop/web.py": "import flask\n\napp = flask.Flask(__name__)\n"}
    fact = found(files, Kind.WSGI, "shop.web:app")
    assert fact.place == "shop/web.py:3"


def test_a_factory_is_found_by_what_it_returns():
    code = "from flask import Flask\ndef create_app(config=None):\n    app = Flask(__name__)\n    return app\n"
    assert entries({"shop/__init__.py": code}, Kind.WSGI) == ["shop:create_app()"]


def test_a_factory_is_found_by_its_annotation_even_for_a_copied_framework():
    code = "from site.bottle_copy import Bottle\ndef app(**kwargs) -> Bottle:\n    return build(kwargs)\n"
    assert entries({"site/__init__.py": code}, Kind.WSGI) == ["site:app()"]


def test_a_factory_that_makes_the_app_in_its_return_is_found():
    code = "from fastapi import FastAPI\ndef create_app() -> object:\n    return FastAPI()\n"
    assert entries({"main.py": code}, Kind.ASGI) == ["main:create_app()"]


def test_a_factory_that_needs_arguments_is_no_entry_point():
    code = "from flask import Flask\ndef create_app(config):\n    return Flask(__name__)\n"
    assert entries({"shop.py": code}, Kind.WSGI) == []


def test_the_object_that_has_routes_is_surer_than_one_beside_it():
    plain = "from flask import Flask\napp = Flask('x')\n"
    files = {"a.py": plain, "b.py": plain + "@app.route('/')\ndef index(): ...\n"}
    assert entries(files, Kind.WSGI) == ["b:app", "a:app"]


def test_a_private_module_is_less_sure_than_the_factory_of_its_package():
    files = {
        "pkg/__init__.py": "from .b import Bottle\ndef app(**k) -> Bottle: ...\n",
        "pkg/_app.py": "from .b import Bottle\napp = Bottle()\n",
    }
    assert entries(files, Kind.WSGI) == ["pkg:app()", "pkg._app:app"]


def test_the_module_that_defines_a_framework_is_not_taken_for_an_app():
    assert entries({"bottle.py": "class Bottle: ...\ndefault = Bottle()\n"}, Kind.WSGI) == []


def test_an_app_made_by_a_local_factory_is_found():
    code = "from flask import Flask\ndef create_app():\n    return Flask('x')\napp = create_app()\n"
    assert entries({"wsgi.py": code}, Kind.WSGI)[0] == "wsgi:app"


def test_an_app_made_by_an_imported_factory_is_found():
    files = {"asgi.py": "from shop import create_app\napp = create_app()\n"}
    assert entries(files, Kind.ASGI) == ["asgi:app"]


def test_what_lies_in_tests_and_examples_is_not_the_app():
    code = "from flask import Flask\napp = Flask('x')\n"
    assert entries({"tests/app.py": code, "examples/app.py": code, "test_app.py": code}, Kind.WSGI) == []


def test_a_folder_without_init_is_a_package_when_the_file_says_so():
    code = "from fastapi import FastAPI\nfrom app.models import X\napp = FastAPI()\n"
    assert found({"app/main.py": code}, Kind.ASGI, "app.main:app").folder == "."


def test_a_folder_without_init_is_where_the_command_runs():
    assert (
        found({"backend/main.py": "from fastapi import FastAPI\napp = FastAPI()\n"}, Kind.ASGI, "main:app").folder
        == "backend"
    )


@pytest.mark.parametrize(
    ("files", "folder"),
    [
        ({}, "src"),
        ({"requirements.txt": ""}, "src"),
        ({"setup.py": ""}, "."),
        ({"pyproject.toml": "[project]\nname='x'\n[build-system]\nrequires=['x']\n"}, "."),
        ({"pyproject.toml": "[project]\nname='x'\n"}, "src"),
        ({"pyproject.toml": "[tool.poetry]\npackage-mode=false\n[build-system]\nrequires=['x']\n"}, "src"),
    ],
)
def test_a_src_folder_is_where_it_runs_unless_it_is_installed(files, folder):
    code = {"src/shop/__init__.py": "", "src/shop/web.py": "from flask import Flask\napp: Flask = Flask('x')\n"}
    assert found({**code, **files}, Kind.WSGI, "shop.web:app").folder == folder


@pytest.mark.parametrize(
    ("line", "folder"),
    [
        ("gunicorn svc.entry:handler", "src"),
        ("gunicorn --chdir src svc.entry:handler", "src"),
        ("gunicorn --pythonpath=/srv/app/lib,/srv/app/src svc.entry:handler", "src"),
        ("gunicorn --chdir old svc.entry:handler", "src"),
        ("cd old && gunicorn --pythonpath ./lib svc.entry:handler", "old/lib"),
        ("PYTHONPATH=old/lib gunicorn svc.entry:handler", "old/lib"),
        ("uvicorn --app-dir old/lib svc.entry:handler", "old/lib"),
        ("uvicorn --app-dir ../elsewhere other:handler", "."),
    ],
)
def test_the_folder_of_a_command_line_is_where_the_module_lies(line, folder):
    files = {"src/svc/entry.py": "", "old/lib/svc/entry.py": "", "Procfile": f"web: {line}\n"}
    (fact,) = [fact for fact in detect(Tree.of(files)) if fact.kind in {Kind.ASGI, Kind.WSGI}]
    assert fact.folder == folder


@pytest.mark.parametrize(
    ("lines", "folder"),
    [
        ("WORKDIR /srv/app/back", "back"),
        ("WORKDIR /app\nENV PYTHONPATH=/app/src:$PYTHONPATH LANG=C", "src"),
        ("WORKDIR /app\nENV PYTHONPATH /app/src", "src"),
        ("WORKDIR $HOME", "back"),
        ("COPY back /app", "back"),
    ],
)
def test_the_folder_of_a_dockerfile_is_where_the_module_lies(lines, folder):
    files = {"src/svc.py": "", "back/svc.py": "", "Dockerfile": f"{lines}\nCMD gunicorn svc:app\n"}
    assert found(files, Kind.WSGI, "svc:app").folder == folder


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("Procfile", """web: gunicorn "rates:build('eur')\""""),
        ("Dockerfile", """CMD ["gunicorn", "-b", ":80", "rates:build('eur')"]"""),
        ("Dockerfile", """CMD ["sh", "-c", "gunicorn -b :$PORT \\"rates:build('eur')\\""]"""),
        ("Dockerfile", """CMD ["rates:build('eur')"]\nENTRYPOINT ["./wait.sh", "gunicorn"]"""),
    ],
)
def test_the_arguments_of_a_factory_are_kept(file, line):
    assert entries({file: line}, Kind.WSGI) == ["rates:build('eur')"]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("def application(environ, start_response): ...\n", Kind.WSGI),
        ("def application(env, start_response): ...\n", Kind.WSGI),
        ("async def application(scope, receive, send): ...\n", Kind.ASGI),
    ],
)
def test_a_callable_without_a_framework_is_known_by_its_arguments(code, kind):
    assert entries({"web.py": code}, kind) == ["web:application"]


def test_a_function_that_only_helps_an_app_is_none():
    assert entries({"util.py": "def send_redirect(environ, start_response): ...\n"}, Kind.WSGI) == []


def test_what_uvicorn_is_given_in_the_code_is_followed_to_its_class():
    files = {
        "ds/__init__.py": "",
        "ds/site.py": "class Site:\n    def __init__(self, files=None): ...\n    def app(self): ...\n",
        "ds/cli.py": "import uvicorn\nfrom .site import Site\ndef serve():\n    s = Site()\n    uvicorn.run(s.app())\n",
    }
    fact = found(files, Kind.ASGI, "ds.site:Site().app()")
    assert fact.place == "ds/cli.py:5"


def test_a_class_that_needs_arguments_is_not_made_up():
    files = {
        "site.py": "import uvicorn\nclass Site:\n    def __init__(self, files): ...\n"
        "def main():\n    s = Site([])\n    uvicorn.run(s.app())\n",
    }
    assert entries(files, Kind.ASGI) == []


def test_a_served_name_is_found_in_the_module_that_it_comes_from():
    files = {"pkg/__init__.py": "", "pkg/app.py": "app = make()\n",
             "pkg/run.py": "import waitress\nfrom pkg.app import app\nwaitress.serve(app)\n"}  # fmt: skip
    assert "pkg.app:app" in entries(files, Kind.WSGI)


def test_a_served_name_of_the_same_module_is_found():
    assert "run:thing" in entries({"run.py": "import uvicorn\nthing = make()\nuvicorn.run(thing)\n"}, Kind.ASGI)


@pytest.mark.parametrize(
    ("call", "value"),
    [('uvicorn.run("shop.web:app")', "shop.web:app"), ('uvicorn.run("shop:make", factory=True)', "shop:make()")],
)
def test_a_served_text_is_taken_as_it_is(call, value):
    assert entries({"run.py": f"import uvicorn\n{call}\n"}, Kind.ASGI) == [value]


def test_a_served_expression_that_leads_nowhere_is_left():
    assert (
        entries({"run.py": "import uvicorn\nuvicorn.run(1)\nuvicorn.run(x.y())\nuvicorn.run(gone)\n"}, Kind.ASGI) == []
    )


@pytest.mark.parametrize(
    ("line", "kind", "value"),
    [
        ("web: gunicorn shop.wsgi", Kind.WSGI, "shop.wsgi:application"),
        ("web: gunicorn -w 3 --chdir src 'shop:create_app()'", Kind.WSGI, "shop:create_app()"),
        ("web: gunicorn -k uvicorn.workers.UvicornWorker shop:app", Kind.ASGI, "shop:app"),
        ("web: uvicorn --factory shop:make --port $PORT", Kind.ASGI, "shop:make()"),
        ("web: python server.py $PORT", Kind.COMMAND, "python server.py $PORT"),
        ("release: python manage.py migrate", Kind.RELEASE, "python manage.py migrate"),
        ("beat: celery -A shop beat", Kind.WORKER, "celery -A shop beat"),
    ],
)
def test_a_procfile_line_says_what_runs(line, kind, value):
    assert found({"Procfile": f"# first\n{line}\n"}, kind, value).place == "Procfile:2"


@pytest.mark.parametrize("line", ["web: ./start.sh", "web: gunicorn", "web: gunicorn 'open"])
def test_a_procfile_line_that_names_no_app_gives_none(line):
    facts = detect(Tree.of({"Procfile": line}))
    assert not any(fact.kind in {Kind.WSGI, Kind.ASGI, Kind.COMMAND} for fact in facts)


def test_the_working_folder_of_a_procfile_line_is_kept():
    assert found({"Procfile": "web: gunicorn --chdir=src shop:app\n"}, Kind.WSGI, "shop:app").folder == "src"
    assert found({"Procfile": "web: gunicorn --chdir src shop:app\n"}, Kind.WSGI, "shop:app").folder == "src"


@pytest.mark.parametrize("form", ['CMD ["uvicorn", "shop:app"]', "CMD uvicorn \\\n  shop:app"])
def test_the_last_command_of_a_dockerfile_is_read_in_both_forms(form):
    assert found({"Dockerfile": f"FROM python:3.12\nCMD ignored\n{form}\n"}, Kind.ASGI, "shop:app").line == 3


@pytest.mark.parametrize(
    ("form", "commands"),
    [('"x"', []), ('["./serve", "$PORT", "a b"]', ["./serve $PORT 'a b'"]), ("# none", [])],
)
def test_a_docker_command_in_json_is_a_line_for_a_shell(form, commands):
    assert entries({"Dockerfile": f"CMD {form}\n"}, Kind.COMMAND) == commands


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pyproject.toml", '[project.scripts]\nsite = "site.cli:main"\n'),
        ("pyproject.toml", '[tool.poetry.scripts]\nsite = "site.cli:main"\n'),
        ("setup.cfg", "[options.entry_points]\nconsole_scripts =\n    site = site.cli:main\n"),
        ("setup.py", "setup(entry_points={'console_scripts': ['site=site.cli:main']})"),
        ("setup.py", "setup(entry_points='''\n[console_scripts]\nsite=site.cli:main\n[x]\ny=z\n''')"),
        ("setup.py", "POINTS = {'console_scripts': 'site=site.cli:main'}\nsetup(entry_points=POINTS)"),
    ],
)
def test_a_console_script_that_serves_is_a_command(file, text):
    code = "import uvicorn\ndef serve(port): ...\n@option('--port')\ndef main(): ...\n"
    assert entries({file: text, "site/cli.py": code}, Kind.COMMAND) == ["site serve --port $PORT"]


def test_a_console_script_that_serves_nothing_is_left():
    assert (
        entries({"pyproject.toml": '[project.scripts]\nx = "x:main"\n', "x.py": "def main(): ..."}, Kind.COMMAND) == []
    )


def test_a_file_that_is_not_valid_python_is_passed_over():
    assert detect(Tree.of({"bad.py": "import flask\napp = flask.Flask(\n", "null.py": "Flask(\0"})) == ()


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("web: gunicorn -w 3 shop:app", ["3"]),
        ("web: gunicorn -w3 shop:app", ["3"]),
        ("web: gunicorn --workers=4 shop:app", ["4"]),
        ("web: uvicorn shop:app --workers 2", ["2"]),
        ("web: gunicorn --workers 1 shop:app", []),
        ("web: gunicorn -w $WEB_CONCURRENCY shop:app", []),
        ("web: gunicorn shop:app", []),
    ],
)
def test_the_number_of_workers_is_read_off_the_command_line(line, counts):
    assert entries({"Procfile": line}, Kind.COUNT) == counts
