"""From facts to a manifest, without trying anything."""

import tomllib
from dataclasses import replace

import pytest

from ecluse.loop.plan.proposing.locked import runners_alone
from ecluse.loop.plan.proposing.made_up import safe_value
from ecluse.loop.plan.proposing.proposal import Trial
from ecluse.loop.plan.proposing.render import literal, render
from ecluse.loop.plan.proposing.resolve import candidates, resolve, shell
from ecluse.loop.plan.proposing.waiting import without_waits
from ecluse.loop.plan.proposing.workers import essence
from ecluse.manifest.detect import detect
from ecluse.manifest.detect.facts import Fact, Kind
from ecluse.manifest.detect.tree import Tree
from ecluse.manifest.read import read
from ecluse.model.app import Build, Environment, Gates, Interface, Listen

FLASK = {"shop/__init__.py": "from flask import Flask\ndef create_app():\n    return Flask('shop')\n"}


def propose(files, **options):
    return resolve(detect(Tree.of({**FLASK, **files})), name="a folder", **options)


def app_of(files):
    return propose(files).app


def test_the_likeliest_entry_point_becomes_the_web_process():
    proposal = propose({"Procfile": "web: gunicorn -k uvicorn.workers.UvicornWorker shop.other:app\n"})
    assert proposal.app.web.app == "shop.other:app"
    assert proposal.app.web.interface is Interface.ASGI
    assert [fact.value for fact in proposal.others] == ["shop:create_app()"]
    assert proposal.reasons["processes.web.app"] == "Procfile:1"


def test_another_entry_point_can_be_asked_for():
    facts = detect(Tree.of({**FLASK, "Procfile": "web: ./serve $PORT\n"}))
    command = candidates(facts)[-1]
    proposal = resolve(facts, name="x", entry=command)
    assert proposal.app.web.command == ("/bin/sh", "-euc", "exec ./serve $PORT")
    assert proposal.app.web.listen is Listen.PORT


def test_a_project_without_a_name_has_that_of_its_folder():
    assert app_of({}).name == "a-folder"


def test_a_health_route_in_the_code_is_asked_for():
    code = "@app.get('/healthz')\ndef h(): ...\n"
    assert app_of({"shop/web.py": code}).web.health.path == "/healthz"


def test_the_host_that_the_app_accepts_is_asked_for():
    manage = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'conf')\n"
    files = {"manage.py": manage, "conf.py": "ALLOWED_HOSTS = ['shop.example']\n"}
    assert app_of(files).web.health.host == "shop.example"
    files["conf.py"] = "ALLOWED_HOSTS = ['shop.example', 'localhost']\n"
    assert app_of(files).web.health.host == "localhost"
    files["conf.py"] = "ALLOWED_HOSTS = ['shop.example', '127.0.0.1']\n"
    assert app_of(files).web.health.host == "127.0.0.1"


@pytest.mark.parametrize(
    ("hosts", "said"),
    [
        ("'localhost'", True),
        ("'localhost', '127.0.0.1'", False),
        ("'localhost', '*'", False),
        ("'shop.example'", False),
    ],
)
def test_an_app_that_answers_by_its_name_only_is_told_by_that(hosts, said):
    manage = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'conf')\n"
    files = {"manage.py": manage, "conf.py": f"ALLOWED_HOSTS = [{hosts}]\n"}
    found = propose(files)
    assert (found.app.environment("local").url == "http://localhost:{port}") == said
    assert (found.reasons.get("environments.local.url") == "conf.py:1 admits localhost, not 127.0.0.1") == said


def test_a_write_beside_code_in_src_asks_for_running_it_from_the_tree():
    code = FLASK["shop/__init__.py"] + "from pathlib import Path\n(Path(__file__).parent / 'up').mkdir()\n"
    built = '[project]\nname = "shop"\n[build-system]\nbuild-backend = "hatchling.build"\n'
    proposal = resolve(detect(Tree.of({"src/shop/__init__.py": code, "pyproject.toml": built})), name="x")
    assert (proposal.app.state, proposal.app.env) == (("src/shop/up/",), {"PYTHONPATH": "src"})
    assert 'env = {PYTHONPATH = "src"} # src/shop/__init__.py:5 writes' in render(proposal)
    assert resolve(detect(Tree.of({"shop/__init__.py": code})), name="x").app.env == {}


def test_a_worker_whose_broker_may_be_missing_is_declared_and_off():
    procfile = "Web Worker: x\nworker: celery -A shop worker\nworker: again\n"
    proposal = propose({"Procfile": procfile, "requirements.txt": "celery\n"})
    (worker,) = proposal.app.processes[1:]
    assert (worker.name, worker.enabled) == ("worker", False)
    assert any("worker is declared and off" in line for line in proposal.unknown)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("flask worker-high", "flask sched-run", False),
        ("flask worker-high", "poetry run flask --app shop worker-high", True),
        ("python mail.py high", "python mail.py low", False),
        ("python3 -u mail.py", "exec python mail.py --quiet", True),
        ("dramatiq shop.mails", "dramatiq -p 2 shop.sums", False),
        ("celery -A shop worker", "./migrate.sh && python -m celery -A shop.app worker -Q mails", True),
        ("celery -A shop worker", "celery -A shop --loglevel info beat", False),
        ("python", "./python", True),
        ("&&", "&&", True),
    ],
)
def test_a_worker_is_told_once_by_what_it_does(one, other, is_same):
    assert (essence(one) == essence(other)) == is_same


def test_different_workers_of_different_files_are_all_declared():
    compose = "services:\n  sched:\n    build: .\n    command: flask sched-run\n"
    proposal = propose({"Procfile": "worker: flask worker-high\n", "compose.yml": compose})
    assert [process.name for process in proposal.app.processes] == ["web", "worker", "sched"]
    assert not any("left out" in line for line in proposal.unknown)


def test_a_worker_that_has_the_name_of_another_process_is_told():
    compose = "services:\n  {}:\n    build: .\n    command: celery -A shop beat\n"
    for name in ("worker", "web"):
        proposal = propose({"Procfile": "worker: rq worker\n", "compose.yml": compose.format(name)})
        assert [process.name for process in proposal.app.processes] == ["web", "worker"]
        said = f"`celery -A shop beat` (compose.yml:4) runs too: {name} is another process"
        assert any(said in line for line in proposal.unknown)


@pytest.mark.parametrize(
    "made", ["SqliteHuey('shop', filename='queue.db')", "FileHuey('shop', path='queue')", "RedisHuey('shop')"]
)
def test_a_worker_whose_queue_lies_in_files_is_on(made):
    code = f"import huey\nqueue = huey.{made}\n"
    files = {"tasks.py": code, "requirements.txt": "huey\n", "Procfile": "worker: huey_consumer.py tasks.queue\n"}
    (_, worker) = app_of(files).processes
    assert worker.enabled is not made.startswith("RedisHuey")


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("./serve $PORT", "exec ./serve $PORT"),
        ("./migrate && ./serve -p $PORT", "./migrate && exec ./serve -p $PORT"),
        ("./a; ./b && ./serve 'x; y' $PORT", "./a; ./b && exec ./serve 'x; y' $PORT"),
        ("MODE=dev ./serve $PORT", "exec env MODE=dev ./serve $PORT"),
        ("./migrate && exec ./serve $PORT", "./migrate && exec ./serve $PORT"),
        ("./serve & export PORT=$PORT; wait", "./serve & export PORT=$PORT; wait"),
        ("export PORT=$PORT", "export PORT=$PORT"),
        ("if true; then ./serve $PORT; fi", "if true; then ./serve $PORT; fi"),
    ],
)
def test_the_last_command_of_a_list_replaces_its_shell(line, command):
    assert shell(line)[-1] == command


def test_a_worker_without_a_broker_is_on():
    (_, worker) = app_of({"Procfile": "mailer: python mail.py\n"}).processes
    assert worker.enabled


@pytest.mark.parametrize(
    ("files", "argv"),
    [
        ({"migrations/env.py": "", "shop/db.py": "import flask_migrate\n"},
         ("flask", "--app", "shop:create_app", "db", "upgrade")),
        ({"Procfile": "release: alembic upgrade head\n"}, ("alembic", "upgrade", "head")),
        ({"Procfile": "release: ./prepare data\n"}, ("./prepare", "data")),
        ({"Procfile": "release: ./prepare\n", "alembic.ini": ""}, ("alembic", "upgrade", "head")),
        ({}, ()),
    ],
)  # fmt: skip
def test_migrations_are_what_the_repository_runs(files, argv):
    command = app_of(files).migrate
    assert command == argv or " ".join(argv) in command[-1].replace("'", "")


@pytest.mark.parametrize(
    ("line", "said"),
    [("./prepare", True), ("alembic upgrade head && ./seed", True), ("alembic upgrade head", False)],
)
def test_a_release_line_that_is_not_run_is_said(line, said):
    unknown = propose({"Procfile": f"release: {line}\n", "alembic.ini": ""}).unknown
    assert any(f"`{line}` (Procfile:1) is not run" in text for text in unknown) is said
    assert not any("is not run" in text for text in propose({"Procfile": f"release: {line}\n"}).unknown)


def test_requirements_are_named_only_where_nothing_better_says_what_is_needed():
    assert app_of({"requirements.txt": "flask\n"}).build.requirements == ("requirements.txt",)
    assert app_of({"requirements.txt": "flask\n", "uv.lock": ""}).build.requirements == ()
    declared = {"requirements.txt": "flask\n", "pyproject.toml": "[project]\nname='x'\ndependencies=['flask']\n"}
    assert app_of(declared).build.requirements == ()


PROJECT = "[project]\nname='x'\ndependencies=['flask']\n"
HASHED = "flask==3.0.3 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
COMPILED = "# This file is autogenerated by pip-compile with Python 3.12\nflask==3.0.3\n    # via x (pyproject.toml)\n"
BY_UV = "# This file was autogenerated by uv via the following command:\n#    uv pip compile\nflask==3.0.3\n"


@pytest.mark.parametrize("lock", [HASHED, COMPILED, BY_UV])
def test_requirements_that_were_compiled_are_the_lock_of_the_project_beside_them(lock):
    files = {"pyproject.toml": PROJECT, "requirements.txt": lock}
    assert app_of(files).build.requirements == ("requirements.txt",)
    assert app_of({**files, "uv.lock": ""}).build.requirements == ()
    assert app_of({"pyproject.toml": PROJECT, "docs/requirements.txt": lock}).build.requirements == ()
    assert app_of({"pyproject.toml": PROJECT, "requirements.txt": lock + "gunicorn\n"}).build.requirements == ()


@pytest.mark.parametrize(
    ("files", "chosen"),
    [
        ({"Dockerfile": "RUN pip install -r requirements/prod.txt\n"}, ("requirements/prod.txt",)),
        ({"manage.py": "dev"}, ("requirements/dev.txt",)),
        ({"manage.py": "prod", "Dockerfile": "RUN pip install -r requirements.txt\n"}, ("requirements/prod.txt",)),
        ({"manage.py": "local", "requirements-local.txt": ""}, ("requirements.txt", "requirements-local.txt")),
        ({"manage.py": "other"}, ("requirements.txt",)),
    ],
)
def test_requirements_are_those_of_the_image_or_of_the_settings(files, chosen):
    code = {name: manages(f"conf.{text}") if name == "manage.py" else text for name, text in files.items()}
    given = {"requirements.txt": "a\n", "requirements/prod.txt": "b\n", "requirements/dev.txt": "c\n"}
    assert app_of({**given, **code}).build.requirements == chosen


def test_the_python_is_named_only_where_the_repository_is_clear():
    assert app_of({"runtime.txt": "python-3.11.2\n"}).build.python == "3.11"
    assert app_of({"Dockerfile": "FROM python:3.12\n"}).build.python == ""


PYTEST = {"tests/test_a.py": "import pytest\n"}


def test_tests_leave_a_junit_report():
    (step,) = app_of(PYTEST).steps
    assert step.command == ("python", "-m", "pytest", "--junitxml=junit.xml", "--maxfail=0", "tests")
    assert step.evidence.junit == "junit.xml"
    assert app_of(PYTEST).build.test_requirements == ("pytest",)


BACK = {"back/main.py": "from fastapi import FastAPI\napp = FastAPI(title='x')\n@app.get('/')\ndef i(): ...\n"}


@pytest.mark.parametrize(
    ("files", "folder", "targets"),
    [
        ({"back/tests/test_a.py": "import pytest\n"}, "back", ["tests"]),
        ({"back/test_a.py": "import pytest\n"}, "back", []),
        ({"back/tests/test_a.py": "import pytest\n", "tests/test_b.py": "import pytest\n"}, ".", ["tests"]),
        ({"srv/pytest.ini": "[pytest]\n", "srv/tests/test_a.py": "import pytest\n"}, "srv", ["tests"]),
        ({"srv/pytest.ini": "[pytest]\n", "pytest.ini": "[pytest]\n", "srv/test/test_a.py": ""}, ".", []),
        ({"node_modules/x/pytest.ini": "[pytest]\n", "tests/test_a.py": "import pytest\n"}, ".", ["tests"]),
    ],
)
def test_tests_run_where_their_settings_or_the_app_lie(files, folder, targets):
    (step,) = resolve(detect(Tree.of({**BACK, **files})), name="x").app.steps
    assert step.folder == folder
    assert list(step.command[5:]) == targets


def test_tests_at_the_root_import_what_the_app_imports():
    (step,) = app_of({"src/svc.py": "def application(environ, start_response): ...\n", **PYTEST}).steps
    assert step.env == {}
    (step,) = resolve(detect(Tree.of({"src/svc.py": "def application(environ, start_response): ...\n", **PYTEST})),
                      name="x").app.steps  # fmt: skip
    assert (step.folder, step.env) == (".", {"PYTHONPATH": "src"})


def test_a_tool_that_is_configured_in_a_folder_runs_there():
    (step,) = app_of({"server/ruff.toml": ""}).steps
    assert (step.name, step.folder, step.command) == ("ruff", "server", ("ruff", "check", "."))
    steps = app_of({"server/ruff.toml": "", "Client/ruff.toml": ""}).steps
    assert [step.name for step in steps] == ["ruff-client", "ruff-server"]
    assert [step.folder for step in app_of({"server/ruff.toml": "", "ruff.toml": ""}).steps] == ["."]
    (step,) = app_of({"server/mypy.ini": "", "server/pkg/__init__.py": ""}).steps
    assert step.command == ("mypy", "pkg")


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({"back/.python-version": "3.11.4\n"}, "3.11"),
        ({"back/.python-version": "3.11\n", "runtime.txt": "python-3.10\n"}, "3.11"),
        ({"back/.python-version": "3.11\n", ".python-version": "3.12\n"}, ""),
        ({"other/.python-version": "3.11\n"}, ""),
        ({"back/.python-version": "system\n"}, ""),
    ],
)
def test_the_python_of_the_app_s_own_folder_is_wanted(files, version):
    assert resolve(detect(Tree.of({**BACK, **files})), name="x").app.build.python == version


def test_coverage_is_measured_where_the_repository_measures_it():
    app = app_of({**PYTEST, ".coveragerc": "[report]\nfail_under = 80\n"})
    assert "--cov" in app.steps[0].command
    assert app.gates.coverage == 80
    assert "pytest-cov" in app.build.test_requirements


def test_unittest_leaves_a_junit_report_too():
    app = app_of({"tests/test_a.py": "import unittest\n"})
    assert app.steps[0].command[:4] == ("python", "-m", "xmlrunner", "discover")
    assert app.build.test_requirements == ("unittest-xml-reporting",)
    assert "-s" not in app_of({"test_a.py": "import unittest\n"}).steps[0].command


def manages(settings):
    return f"import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', {settings!r})\n"


def test_entry_points_that_disagree_get_one_settings_module():
    files = {"manage.py": manages("conf.dev"), "conf/wsgi.py": manages("conf.prod"), "a/tests.py": "import django.test"}
    proposal = propose(files)
    assert proposal.app.environment("local").env == {"DJANGO_SETTINGS_MODULE": "conf.dev"}
    reason = proposal.reasons["environments.local.env.DJANGO_SETTINGS_MODULE"]
    assert reason == "manage.py:2; conf/wsgi.py:2 says conf.prod"
    assert "--settings=conf.dev" in proposal.app.steps[0].command


def test_entry_points_that_agree_are_left_alone():
    files = {"manage.py": manages("conf"), "shop/wsgi.py": manages("conf")}
    assert app_of(files).environment("local").env == {}
    files["shop/x.py"] = "import os\nNAME = os.environ['DJANGO_SETTINGS_MODULE']\n"
    assert app_of(files).environment("local").env == {"DJANGO_SETTINGS_MODULE": "conf"}


@pytest.mark.parametrize(
    ("files", "start"),
    [
        ({"tests/test_a.py": "import unittest\n"}, ("-s", "tests")),
        ({"tests/test_a.py": "import unittest\n", "tests/__init__.py": ""}, ("-s", "tests", "-t", ".")),
    ],
)
def test_unittest_is_told_the_top_only_where_tests_are_a_package(files, start):
    (step,) = app_of(files).steps
    assert step.command == ("python", "-m", "xmlrunner", "discover", *start, "--output-file", "junit.xml")


@pytest.mark.parametrize(
    ("file", "text"),
    [("setup.cfg", "[coverage:report]\nfail_under = 85\n"), (".coveragerc", "[report]\nfail_under = 85\n"),
     ("pyproject.toml", "[tool.coverage.report]\nfail_under = 85\n")],
)  # fmt: skip
def test_unittest_is_measured_where_the_repository_sets_a_threshold(file, text):
    app = app_of({"tests/test_a.py": "import unittest\n", file: text})
    (step,) = app.steps
    assert step.command[-1] == (
        "failed=0; python -m coverage run -m xmlrunner discover -s tests --output-file junit.xml || failed=$?; "
        "python -m coverage json -o coverage.json --fail-under=0; exit $failed"
    )
    assert step.evidence.coverage == "coverage.json"
    assert app.gates.coverage == 85
    assert "coverage" in app.build.test_requirements


def test_django_tests_run_in_the_project_s_folder():
    manage = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'conf')\n"
    app = app_of({"back/manage.py": manage, "back/shop/tests.py": "import django.test\n"})
    assert app.steps[0].folder == "back"
    assert "--settings=conf" in app.steps[0].command
    assert app.steps[0].evidence.junit == "TEST-*.xml"
    assert app.build.test_requirements == ("unittest-xml-reporting",)


def test_what_tests_need_is_found_in_extras_groups_and_files():
    extras = "[project]\nname='x'\n[project.optional-dependencies]\ntest=['a']\n[dependency-groups]\ndev=['b']\n"
    assert app_of({**PYTEST, "pyproject.toml": extras}).build.test_extras == ("test",)
    assert app_of({**PYTEST, "pyproject.toml": extras}).build.test_groups == ()
    assert app_of({"pyproject.toml": extras}).build.test_extras == ()
    files = {**PYTEST, "requirements-test.txt": "x\n"}
    assert app_of(files).build.test_requirements == ("requirements-test.txt", "pytest")
    assert app_of({**PYTEST, "tox.ini": "[testenv]\ndeps = mock\n"}).build.test_requirements == ("mock", "pytest")


@pytest.mark.parametrize(
    ("name", "text"),
    [("requirements-dev.txt", "PyTest>=8\nblack\n"), ("requirements/dev.txt", "-r tests.txt\n")],
)
def test_a_runner_that_the_file_for_tests_lists_is_not_named_beside_it(name, text):
    files = {"requirements/tests.txt": "pytest\n"} if name.startswith("requirements/") else {}
    (file,) = app_of({**PYTEST, name: text, **files}).build.test_requirements
    assert file.endswith(".txt")


def test_where_that_file_cannot_be_installed_the_runner_that_it_lists_is_left():
    facts = detect(Tree.of({**FLASK, **PYTEST, "requirements-dev.txt": "pytest\nblack\n"}))
    build = resolve(facts, name="x").app.build
    assert runners_alone(build, facts).test_requirements == ("pytest",)


def test_what_a_new_django_project_holds_for_development_is_told_with_its_place():
    manage = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'conf.settings')\n"
    settings = "SECRET_KEY = 'django-insecure-x'\nDEBUG = True\nWSGI_APPLICATION = 'conf.wsgi.application'\n"
    proposal = propose({"manage.py": manage, "conf/settings.py": settings})
    (line,) = [line for line in proposal.unknown if line.startswith("for development")]
    assert "SECRET_KEY (conf/settings.py:1)" in line
    assert "DEBUG = True (conf/settings.py:2)" in line
    assert "DJANGO_SECRET_KEY" in line
    assert "insecure" not in render(proposal)


def test_linters_that_are_configured_are_steps():
    app = app_of({"pyproject.toml": "[tool.ruff]\n[tool.mypy]\n"})
    assert [(step.name, step.group) for step in app.steps] == [("ruff", "check"), ("mypy", "check")]
    assert app.build.test_requirements == ("ruff", "mypy")


def test_variables_that_the_import_reads_get_a_safe_value():
    code = "import os\nA = os.environ['TOKEN']\ndef f():\n    os.environ['LATER']\n"
    proposal = propose({"shop/conf.py": code})
    assert proposal.app.environments[0].env == {"TOKEN": "for-development-only"}
    assert any("LATER" in line for line in proposal.unknown)


def test_a_feature_that_nobody_switches_on_stays_off():
    code = "import os\nif 'RDS_HOSTNAME' in os.environ:\n    HOST = os.environ['RDS_HOSTNAME']\n"
    proposal = propose({"shop/conf.py": code, ".env.example": "RDS_HOSTNAME=db.example\n"})
    assert proposal.app.environments[0].env == {}
    assert any("RDS_HOSTNAME" in line for line in proposal.unknown)


def test_an_empty_value_is_read_back_as_it_was_meant(tmp_path):
    proposal = propose({"shop/conf.py": "import os\nDSN = os.environ['SENTRY_DSN']\n"})
    assert proposal.app.environments[0].env == {"SENTRY_DSN": ""}
    (tmp_path / "ecluse.toml").write_text(render(proposal))
    assert read(tmp_path, {}) == proposal.app


SETTINGS = {
    "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'conf.settings.local')\n",
    "conf/__init__.py": "", "conf/settings/__init__.py": "",
    "conf/settings/local.py": "from .base import *\n", "conf/settings/base.py": "import os\nA = os.environ['BASE']\n",
    "conf/settings/production.py": "import os\nfrom .base import *\nA = os.environ['PRODUCTION']\n",
}  # fmt: skip


def test_what_only_the_settings_of_another_environment_read_is_not_set():
    proposal = propose(SETTINGS)
    assert set(proposal.app.environment("local").env) == {"BASE"}
    assert any("PRODUCTION" in line for line in proposal.unknown)


@pytest.mark.parametrize(
    "more",
    [
        {"pytest.ini": "[pytest]\nDJANGO_SETTINGS_MODULE = conf.settings.production\n"},
        {"conf/settings/local.py": "from conf.settings import production\nfrom .base import *\n"},
        {"conf/settings/local.py": "from split_settings.tools import include\ninclude('production.py')\n"},
        {"conf/settings/local.py": "", "production.py": SETTINGS["conf/settings/production.py"]},
    ],
)
def test_settings_that_something_runs_with_are_read_for_what_they_want(more):
    assert "PRODUCTION" in app_of({**SETTINGS, **more}).environment("local").env


@pytest.mark.parametrize(
    ("name", "value"),
    [("DATABASE_URL", "sqlite:///local.db"), ("DEBUG", "1"), ("SMTP_PORT", "8000"), ("BASE_URL", "http://localhost"),
     ("ALLOWED_HOSTS", "localhost,127.0.0.1"), ("SECRET_KEY", "for-development-only"),
     ("SQLALCHEMY_DATABASE_URI", "sqlite:///local.db"), ("APP_DSN", "sqlite:///local.db"), ("SENTRY_DSN", ""),
     ("DATABASE_HOST", "localhost"), ("RDS_HOSTNAME", "localhost"), ("DATABASE_PASSWORD", "for-development-only"),
     ("DATABASE_USER", "for-development-only"), ("DATABASE_PORT", "8000"), ("PORT", "8000"), ("PGPORT", "8000"),
     ("REPORT", "for-development-only"), ("SUPPORT", "for-development-only"), ("MAIL_DEBUG", "1")],
)  # fmt: skip
def test_a_value_for_development_suits_the_name(name, value):
    assert safe_value(name) == value


EVERYTHING = {
    **PYTEST,
    "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'conf')\n",
    "conf.py": "import os\nSTATIC_ROOT = 'static'\nMEDIA_ROOT = 'media'\nALLOWED_HOSTS = ['shop.example']\n"
    "KEY = os.environ['KEY']\n",
    ".env.example": "KEY=$${x}\n",
    "Procfile": "worker: celery -A shop worker\n",
    "requirements.txt": "celery\n",
    "setup.cfg": "[flake8]\n",
    "runtime.txt": "python-3.11\n",
    ".coveragerc": "[report]\nfail_under = 80\n",
}


def test_what_is_rendered_is_read_back_as_it_was_meant(tmp_path):
    proposal = propose(EVERYTHING)
    (tmp_path / "ecluse.toml").write_text(render(proposal))
    assert read(tmp_path, {}) == proposal.app


def test_what_a_try_changes_is_rendered_too(tmp_path):
    proposal = propose(EVERYTHING)
    app = proposal.app
    health = replace(app.web.health, status=(302,))
    web = replace(app.web, health=health, env={"A": "b"}, folder="shop")
    evidence = replace(app.steps[1].evidence, known_failures="known-failures.txt")
    steps = (
        replace(app.steps[0], gate=False, why_off="it failed"),
        replace(app.steps[1], evidence=evidence, env={"X": "1"}, retries=1),
    )
    build = replace(
        app.build, add=("setuptools<81",), install_project=False, extras=("x",), exclude_newer="2026-01-01T00:00:00Z"
    )
    places = (replace(app.environments[0], unchecked="why", secrets=("S",)),)
    app = replace(
        app, processes=(web, *app.processes[1:]), steps=steps, build=build, environments=places, env={"T": "u"}
    )
    text = render(replace(proposal, app=app, trials=(Trial(what="x", ok=True, answer="y"),)))
    (tmp_path / "ecluse.toml").write_text(text)
    assert read(tmp_path, {}) == app


def test_each_line_says_where_it_comes_from():
    text = render(propose({"pyproject.toml": "[project]\nname = 'shop'\n"}))
    assert 'name = "shop" # pyproject.toml:2' in text
    assert 'app = "shop:create_app()" # shop/__init__.py:2' in text


def test_an_app_with_nothing_but_defaults_is_short():
    proposal = propose({})
    app = replace(proposal.app, build=Build(), gates=Gates(), environments=(), steps=())
    assert set(tomllib.loads(render(replace(proposal, app=app)))) == {"app", "processes"}


def test_a_dollar_in_a_setting_stays_a_dollar():
    assert literal("a$b") == "a$b"
    assert literal("${x} $$") == "$${x} $$$$"


def test_an_environment_without_settings_has_no_table_for_them():
    proposal = propose({})
    app = replace(proposal.app, environments=(Environment(name="local", port=9),))
    assert tomllib.loads(render(replace(proposal, app=app)))["environments"] == {"local": {"port": 9}}


def test_what_could_not_be_read_is_said():
    facts = (*detect(Tree.of(FLASK)), Fact(kind=Kind.UNREAD, value="linters: KeyError: 'mypy'", file="."))
    assert any("linters: KeyError: 'mypy'" in line for line in resolve(facts, name="x").unknown)


def test_a_repository_that_holds_something_else_says_what_it_holds():
    facts = detect(Tree.of({"pyproject.toml": "[project]\nname='x'\n"}))
    with pytest.raises(Exception, match="no web app") as error:
        resolve(facts, name="x")
    assert "found only name x" in error.value.problems[0].evidence[-1]
    assert not candidates(tuple(fact for fact in facts if fact.kind is Kind.NAME))


def test_as_many_processes_as_the_procfile_asks_for():
    proposal = propose({"Procfile": "web: gunicorn -w 3 shop:app\n"})
    assert proposal.app.web.count == 3
    assert "count = 3 # Procfile:1" in render(proposal)
    assert "count" not in render(propose({}))


TOX = "[tox]\nenvlist = it, lint, again\n[testenv]\ncommands = pytest tests/unit\n"
TOX += "[testenv:it]\ncommands = pytest tests/it\n"
TOX += "[testenv:lint]\ncommands = pyflakes .\n[testenv:again]\ncommands = pytest tests/unit\n"


def test_what_only_tox_runs_is_a_step_that_leaves_its_report():
    app = app_of({**PYTEST, "tests/it/test_b.py": "", "tests/unit/test_c.py": "", "tox.ini": TOX})
    named = {step.name: step for step in app.steps}
    assert set(named) == {"test", "tox-it", "tox-lint"}
    assert "testenv:it.pass_env+=PYTEST_ADDOPTS" in named["tox-it"].command[-1]
    assert named["tox-it"].evidence.junit == "junit.xml"
    assert named["tox-lint"].command == ("tox", "run", "--skip-missing-interpreters", "false", "-e", "lint")
    assert (named["tox-lint"].group, named["tox-lint"].evidence.junit) == ("check", "")
    assert "tox" in app.build.test_requirements


def test_what_tox_ends_at_a_failure_has_no_report_that_could_hide_the_rest():
    tox = TOX.replace("tests/it", "-vx tests/it")
    steps = app_of({**PYTEST, "tests/it/test_b.py": "", "tests/unit/test_c.py": "", "tox.ini": tox}).steps
    found = next(step for step in steps if step.name == "tox-it")
    assert (found.group, found.evidence.junit, found.command[:2]) == ("test", "", ("tox", "run"))


def test_a_formatter_that_only_formats_is_no_check():
    tox = "[tox]\nenvlist = a, b\n[testenv:a]\ncommands = black .\n[testenv:b]\ncommands = black --check .\n"
    assert [step.name for step in app_of({"tox.ini": tox}).steps] == ["tox-b"]


def test_robot_framework_s_suites_are_a_step():
    app = app_of({"suites/a.robot": "*** Test Cases ***\nA\n    Log    a\n"})
    (step,) = app.steps
    assert step.command[-1] == "suites"
    assert "--nostatusrc" in step.command
    assert app.build.test_requirements == ("robotframework",)


@pytest.mark.parametrize(
    ("command", "kept", "waits"),
    [
        ("./wait-for-it.sh db:5432 -- python seed.py", "python seed.py", 1),
        ("python manage.py wait_for_db && python manage.py migrate", "python manage.py migrate", 1),
        ("bash bin/wait-for-db.sh; flask db upgrade && flask seed", "flask db upgrade && flask seed", 1),
        ("dockerize -wait tcp://db:5432 -timeout 60s ./seed", "./seed", 1),
        ("yes | flask db upgrade", "yes | flask db upgrade", 0),
        ("python awaiting.py; x", "python awaiting.py; x", 0),
    ],
)
def test_what_only_waits_is_not_run(command, kept, waits):
    assert (without_waits(command)[0], len(without_waits(command)[1])) == (kept, waits)


def test_that_it_is_not_run_is_said():
    found = propose({"Procfile": "release: ./wait-for-db.sh && ./seed\n"})
    assert found.app.migrate == ("./seed",)
    assert any("./wait-for-db.sh" in line and "only waits" in line for line in found.unknown)


SQLALCHEMY = """\
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
app = Flask(__name__)
db = SQLAlchemy(app)
"""
"""Tables that nobody makes."""
ANEW = """
@app.cli.command()
def init_db():
    db.drop_all()
    db.create_all()
"""
FILE = "app.config['SQLALCHEMY_DATABASE_URI'] = 'sqlite:///shop.db'\n"


def test_tables_that_nobody_makes_are_made_and_that_is_said():
    found = propose({"shop/__init__.py": "", "backend/web.py": SQLALCHEMY})
    shown = found.app.migrate[-1]
    assert shown.startswith("env -C backend python -c ")
    assert "from web import app; from web import db; app.app_context().push(); db.create_all()" in shown
    assert any("app.migrate calls create_all" in line for line in found.unknown)


def test_a_command_that_would_lose_what_is_there_runs_while_there_is_nothing():
    found = propose({"shop/__init__.py": "", "web.py": SQLALCHEMY + FILE + ANEW})
    assert found.app.migrate[-1] == "test -s instance/shop.db || flask --app web:app init-db"
    assert any("only while its file is not there" in line for line in found.unknown)
    unguarded = propose({"shop/__init__.py": "", "web.py": SQLALCHEMY + ANEW})
    assert unguarded.app.migrate == ()
    assert any("it is run by nobody" in line for line in unguarded.unknown)


STARTS = """\
#!/bin/sh
set -e
./wait-for-it.sh db:5432
python manage.py wait_for_db
python manage.py migrate --noinput
python manage.py collectstatic --noinput
python manage.py loaddata colours
python seeds.py --if-empty
python manage.py create_roles || true
exec gunicorn 'shop:create_app()' --bind 0.0.0.0:8000
"""


def test_what_a_container_runs_before_the_app_is_told():
    files = {"manage.py": "import os", "seeds.py": "print()", "wait-for-it.sh": "sleep 1", "starts.sh": STARTS}
    found = propose({**files, "Dockerfile": "FROM python:3.11\nCOPY . .\nCMD ./starts.sh\n"})
    told = "`python manage.py loaddata colours`, `python seeds.py --if-empty`, `python manage.py create_roles`"
    (line,) = [each for each in found.unknown if "container" in each]
    assert line.startswith(f"the container runs {told} (Dockerfile:3) before the app, a release doesn't: ")


def test_what_a_procfile_runs_before_a_process_is_that_process_s_own_affair():
    found = propose({"seeds.py": "print()", "Procfile": "web: python seeds.py && gunicorn 'shop:create_app()'\n"})
    assert not any("seeds.py" in each for each in found.unknown)


@pytest.mark.parametrize(
    ("revisions", "migrate"),
    [
        ("migrations", "flask --app shop:create_app db upgrade"),
        ("shop/migrations", "flask --app shop:create_app db upgrade --directory shop/migrations"),
        ("data/migrations", "flask --app shop:create_app db upgrade --directory data/migrations"),
    ],
)
@pytest.mark.parametrize("more", [{}, {"Procfile": "web: python serve.py --port $PORT\n", "serve.py": "import shop\n"}])
def test_flask_migrate_is_told_where_its_revisions_are_and_whose_they_are(revisions, migrate, more):
    files = {"shop/db.py": "from flask_migrate import Migrate\n", f"{revisions}/env.py": "", **more}
    assert " ".join(app_of(files).migrate) == migrate
