"""Packaging, requirements, tests, linters, workers, migrations, variables and routes."""

import pytest

from ecluse.loop.plan.proposing.made_up import value_for
from ecluse.manifest.detect import detect, requirements
from ecluse.manifest.detect.facts import Fact, Kind, first, values
from ecluse.manifest.detect.tree import EACH, MOST, Tree


def of(files: dict[str, str], kind: Kind) -> tuple[str, ...]:
    return values(detect(Tree.of(files)), kind)


PYPROJECT = """
[project]
name = "shop"
dependencies = ["Flask[async] >= 2"]
[project.optional-dependencies]
dev = ["ruff"]
test = ["pytest"]
[dependency-groups]
tests = ["pytest"]
docs = ["sphinx"]
[build-system]
build-backend = "hatchling.build"
"""


def test_a_project_table_names_what_it_is_and_needs():
    files = {"pyproject.toml": PYPROJECT}
    assert of(files, Kind.NAME) == ("shop",)
    assert of(files, Kind.DEPENDENCY) == ("flask",)
    assert of(files, Kind.BUILDS) == ("hatchling.build",)
    assert of(files, Kind.TEST_EXTRA) == ("test", "dev")
    assert of(files, Kind.TEST_GROUP) == ("tests",)


def test_poetry_tables_are_read():
    text = '[tool.poetry]\nname = "shop"\n[tool.poetry.dependencies]\nDjango = "^5"\n'
    files = {"pyproject.toml": text + "[tool.poetry.dev-dependencies]\npytest = '*'\n", "poetry.lock": ""}
    assert of(files, Kind.NAME) == ("shop",)
    assert of(files, Kind.DEPENDENCY) == ("django",)
    assert of(files, Kind.TEST_GROUP) == ("dev",)
    assert of(files, Kind.MANAGER) == ("poetry",)


def test_flit_s_own_tables_are_read():
    text = (
        '[tool.flit.metadata]\nmodule = "shop"\nrequires = ["Flask"]\n[tool.flit.metadata.requires-extra]\ntest = []\n'
    )
    files = {"pyproject.toml": text}
    assert (of(files, Kind.NAME), of(files, Kind.DEPENDENCY), of(files, Kind.TEST_EXTRA)) == (
        ("shop",), ("flask",), ("test",),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("file", "text", "needed"),
    [
        ("pyproject.toml", '[tool.pdm.dev-dependencies]\ntest = ["pytest>=7"]\ndocs = ["sphinx"]\n', ("pytest>=7",)),
        ("pyproject.toml", '[tool.hatch.envs.test]\ndependencies = ["pytest"]\n[tool.hatch.envs.x]\n', ("pytest",)),
        ("pyproject.toml", '[tool.uv]\ndev-dependencies = ["pytest"]\n', ("pytest",)),
        ("Pipfile", '[dev-packages]\npytest = "*"\nmock = "==5"\nx = {path = "."}\n', ("pytest", "mock==5")),
    ],
)
def test_what_only_development_needs_is_read(file, text, needed):
    assert of({file: text}, Kind.TEST_DEPENDENCY) == needed


def test_setup_cfg_is_read():
    text = (
        "[metadata]\nname = shop\n[options]\ninstall_requires =\n    flask\n[options.extras_require]\ntest = pytest\n"
    )
    files = {"setup.cfg": text}
    assert (of(files, Kind.NAME), of(files, Kind.DEPENDENCY), of(files, Kind.TEST_EXTRA)) == (
        ("shop",), ("flask",), ("test",),
    )  # fmt: skip


def test_setup_py_is_read_without_running_it():
    text = "DEPS = ['flask']\nsetup(name='shop', install_requires=DEPS, extras_require={'test': ['pytest']})\n"
    files = {"setup.py": text}
    assert (of(files, Kind.NAME), of(files, Kind.DEPENDENCY), of(files, Kind.TEST_EXTRA)) == (
        ("shop",), ("flask",), ("test",),
    )  # fmt: skip


def test_a_pipfile_is_read():
    assert of({"Pipfile": '[packages]\nflask = "*"\n'}, Kind.DEPENDENCY) == ("flask",)


@pytest.mark.parametrize(
    "files",
    [
        {"requirements.txt": "celery[redis]>=5\n"},
        {"pyproject.toml": '[project]\nname = "a"\ndependencies = ["celery[redis,tblib]>=5"]\n'},
        {"pyproject.toml": '[tool.poetry.dependencies]\ncelery = {version = "^5", extras = ["redis"]}\n'},
        {"Pipfile": '[packages]\ncelery = {extras = ["redis"], version = "*"}\n'},
        {"setup.cfg": "[metadata]\nname = a\n[options]\ninstall_requires =\n    Celery[Redis]\n"},
        {"setup.py": "from setuptools import setup\nsetup(name='a', install_requires=['celery[redis]'])\n"},
    ],
)
def test_an_extra_brings_the_driver_of_a_service(files):
    assert set(of(files, Kind.DEPENDENCY)) == {"celery", "redis"}


@pytest.mark.parametrize("text", ["[broken", "x = \n"])
def test_a_broken_file_is_passed_over(text):
    assert detect(Tree.of({"pyproject.toml": text, "setup.cfg": "no section\n", "setup.py": "x = 1\n"})) == ()


def test_requirement_files_are_told_apart_by_their_names():
    files = {
        "requirements.txt": "-r requirements/base.txt\nflask==3  # web\n--hash=x\n",
        "requirements/base.txt": "-r ../requirements.txt\nredis\n",
        "requirements/docs.txt": "sphinx\n",
        "requirements-dev.txt": "pytest\n",
        "a/b/requirements.txt": "x\n",
        "notes.txt": "x\n",
    }
    assert of(files, Kind.REQUIREMENTS) == ("requirements.txt", "requirements/base.txt")
    assert of(files, Kind.TEST_REQUIREMENTS) == ("requirements-dev.txt",)
    assert set(of(files, Kind.DEPENDENCY)) == {"flask", "redis"}


def test_tox_says_what_tests_need():
    text = "[testenv]\ndeps =\n    pytest>=7\n    -r x.txt\n    py3: mock\n    {posargs}\n"
    assert of({"tox.ini": text}, Kind.TEST_DEPENDENCY) == ("pytest>=7",)


@pytest.mark.parametrize(
    ("file", "text", "version"),
    [("runtime.txt", "python-3.11.4\n", "3.11"), ("Pipfile", '[requires]\npython_version = "3.10"\n', "3.10"),
     ("Dockerfile", "# x\nFROM docker.io/python:3.12-slim\n", "3.12")],
)  # fmt: skip
def test_the_python_wanted_is_found(file, text, version):
    fact = first(detect(Tree.of({file: text})), Kind.PYTHON)
    assert fact is not None
    assert fact.value == version
    assert fact.line >= 1


@pytest.mark.parametrize(
    ("files", "runner"),
    [
        ({"tests/test_a.py": "import pytest\n"}, "pytest"),
        ({"test_a.py": "from app import app\n\n\ndef test_app():\n    assert app\n"}, "pytest"),
        ({"tests/test_a.py": "import unittest\n"}, "unittest"),
        ({"shop/tests.py": "from django.test import TestCase\n"}, "django"),
        ({"tests/test_a.py": "import unittest\n", "tox.ini": "commands = pytest\n"}, "pytest"),
        ({"tests/test_a.py": "import unittest\n", "tests/conftest.py": ""}, "pytest"),
        ({"tests/test_a.py": "import unittest\n", "pytest.ini": "[pytest]\n"}, "pytest"),
    ],
)
def test_the_runner_is_what_the_tests_use(files, runner):
    assert of(files, Kind.RUNNER)[0] == runner


def test_no_tests_no_runner():
    assert of({"pytest.ini": "[pytest]\n", "vendor/tests/test_a.py": "import pytest"}, Kind.RUNNER) == ()


def test_coverage_that_is_asked_for_is_found():
    files = {"tests/test_a.py": "", ".coveragerc": "[report]\nfail_under = 85\n"}
    assert of(files, Kind.COVERAGE) == ("85",)
    assert of({**files, ".coveragerc": "[run]\n"}, Kind.COVERAGE) == ("",)


@pytest.mark.parametrize(
    ("file", "text", "command"),
    [
        ("pyproject.toml", "[tool.ruff]\n", "ruff check ."),
        ("pyproject.toml", "[tool.black]\n", "black --check ."),
        (".flake8", "[flake8]\n", "flake8"),
        ("pyproject.toml", "[tool.mypy]\nstrict = true\n", "mypy shop"),
        ("pyproject.toml", "[tool.mypy]\nfiles = 'x'\n", "mypy"),
        ("setup.cfg", "[mypy]\npackages = x\n", "mypy"),
        ("mypy.ini", "[mypy]\n", "mypy shop"),
        (".pylintrc", "[MAIN]\n", "pylint shop"),
    ],
)
def test_a_linter_that_is_configured_becomes_a_command(file, text, command):
    assert of({file: text, "shop/__init__.py": "", "tests/__init__.py": ""}, Kind.LINTER) == (command,)


def test_a_linter_that_is_not_configured_is_not_used():
    assert of({"pyproject.toml": "[project]\nname = 'x'\n", "mypy.txt": ""}, Kind.LINTER) == ()


def test_without_a_package_the_whole_tree_is_checked():
    assert of({"mypy.ini": "[mypy]\n", "app.py": ""}, Kind.LINTER) == ("mypy .",)


@pytest.mark.parametrize(
    ("files", "commands"),
    [
        (
            {"Makefile": "lint:\n\t@uv run ruff check src\n\tpython -m mypy --strict src\n"},
            ("ruff check src", "mypy --strict src"),
        ),
        (
            {".github/workflows/ci.yml": "steps:\n  - run: flake8 shop && black --check .\n"},
            ("flake8 shop", "black --check ."),
        ),
        ({"Makefile": "lint:\n\truff check .\n", "ruff.toml": ""}, ("ruff check .",)),
        (
            {
                "Makefile": "fix:\n\truff check --fix .\n\tblack .\n\tpylint $(FILES)\n",
                ".gitlab-ci.yml": "- flake8 || true\n",
            },
            (),
        ),
    ],
)
def test_a_linter_that_makefile_or_ci_calls_needs_no_configuration(files, commands):
    assert of(files, Kind.LINTER) == commands


@pytest.mark.parametrize(
    ("files", "command"),
    [
        (
            {"shop/__init__.py": "", "shop/celery.py": "from celery import Celery\napp = Celery('shop')\n"},
            "celery -A shop worker",
        ),
        ({"manage.py": "x", "s.py": "INSTALLED_APPS = ['huey.contrib.djhuey']\n"}, "python manage.py run_huey"),
        ({"jobs.py": "from huey import SqliteHuey\nhuey = SqliteHuey()\n"}, "huey_consumer.py jobs.huey"),
        ({"jobs.py": "from rq import Queue\n"}, "rq worker"),
        ({"manage.py": "x", "s.py": "INSTALLED_APPS = ['django_rq']\n"}, "python manage.py rqworker"),
    ],
)  # fmt: skip
def test_background_workers_are_found(files, command):
    assert of(files, Kind.WORKER) == (command,)


def test_migrations_of_alembic_and_flask_are_found():
    assert of({"alembic.ini": ""}, Kind.MIGRATE) == ("alembic upgrade head",)
    assert of({"db/alembic.ini": "script_location = alembic\n"}, Kind.MIGRATE) == ("env -C db alembic upgrade head",)
    anywhere = "script_location = %(here)s/alembic\nprepend_sys_path = %(here)s\n"
    assert of({"db/alembic.ini": anywhere}, Kind.MIGRATE) == ("alembic -c db/alembic.ini upgrade head",)
    files = {"migrations/alembic.ini": "", "migrations/env.py": "", "shop.py": "from flask_migrate import Migrate\n"}
    assert of(files, Kind.MIGRATE) == ("flask db upgrade",)
    assert of({"migrations/env.py": ""}, Kind.MIGRATE) == ()


def test_database_files_that_the_code_names_are_guessed():
    code = "import sqlite3\nURL = 'sqlite:///data/x.db'\nsqlite3.connect('y.db')\nsqlite3.connect('../z')\nsqlite3.connect(u)\n"
    assert of({"app.py": code}, Kind.STATE) == ("y.db", "data/x.db")
    assert of({"app.py": "from flask_sqlalchemy import x\nURL = 'sqlite:///x.db'\n"}, Kind.STATE) == ("instance/x.db",)


def test_variables_that_the_import_needs_are_found_with_what_the_example_suggests():
    code = (
        "import os\nfrom decouple import config\nimport environ\nenv = environ.Env()\n"
        "A = os.environ['TOKEN']\nB = config('URL')\nC = env('KEY')\nD = env.str('NAME')\nE = config('X', default='')\n"
        "F = other('NOT')\nos.environ['SET'] = '1'\ndef f():\n    return os.environ['LATE']\n"
    )
    facts = [fact for fact in detect(Tree.of({"s.py": code, ".env.example": "export URL='http://x' # y\n"}))
             if fact.kind is Kind.VARIABLE]  # fmt: skip
    assert {fact.value for fact in facts if fact.confidence > 0.5} == {"TOKEN", "URL", "KEY", "NAME"}
    assert {fact.value for fact in facts if fact.confidence < 0.5} == {"LATE"}
    assert next(fact.label for fact in facts if fact.value == "URL") == "http://x"


@pytest.mark.parametrize(
    "code",
    [
        "if 'X' in os.environ:\n    A = os.environ['X']\n",
        "if 'X' in os.environ.keys():\n    A = {'HOST': os.environ['X'], 'PORT': os.environ['Y']}\n",
        "if os.getenv('X'):\n    A = os.environ['X']\nelse:\n    A = 1\n",
        "if os.environ.get('X') is not None and ready():\n    A = os.environ['X']\n",
        "if 'X' not in os.environ:\n    A = 1\nelse:\n    A = os.environ['X']\n",
        "if not os.environ.get('X', ''):\n    A = 1\nelif os.environ['X'] == '2':\n    A = 2\n",
        "A = os.environ['X'] if 'X' in os.environ else None\n",
        "A = 'X' in os.environ and os.environ['X'] == 'yes'\n",
        "A = 'X' not in os.environ or os.environ['X'] == 'yes'\n",
        "if ready(os.getenv('X')):\n    A = os.environ['X']\n",
        "if os.getenv('ON', 'False').lower() in ('true', '1'):\n    A = os.environ['X']\n",
        "ON = env.bool('ON', default=False)\nif ON:\n    A = env('X')\n",
        "ON = int(os.getenv('ON', '0'))\nif ON == 1:\n    A = env('X')\n",
        "if (dsn := os.getenv('X')):\n    A = os.environ['X']\n",
        "if (os.getenv('ON') or os.getenv('TOO')) and True:\n    A = os.environ['X']\n",
        "try:\n    A = os.environ['X']\nexcept KeyError:\n    A = 1\n",
        "try:\n    A = env('X')\nexcept (ImportError, ImproperlyConfigured):\n    A = 1\n",
        "try:\n    A = os.environ['X']\nexcept:\n    pass\n",
        "with contextlib.suppress(KeyError):\n    A = os.environ['X']\n",
        "if os.getenv('X', me()):\n    def made(a, b=1):\n        return lambda c: os.environ['X'] + f(*c)[c]\n",
    ],
)
def test_a_variable_that_is_read_behind_a_guard_is_not_demanded(code):
    facts = detect(Tree.of({"s.py": f"import contextlib\nimport environ\nimport os\nenv = environ.Env()\n{code}"}))
    found = [fact.confidence for fact in facts if fact.kind is Kind.VARIABLE]
    assert found
    assert max(found) < 0.5


@pytest.mark.parametrize(
    "code",
    [
        "if 'X' not in os.environ:\n    raise SystemExit('set X')\nA = os.environ['X']\n",
        "if os.getenv('MODE', 'local') == 'local':\n    A = os.environ['X']\n",
        "if ready():\n    A = os.environ['X']\n",
        "if os.environ['X'] == '1':\n    A = 1\n",
        "if 'OWN' in os.environ or os.getenv('OWN'):\n    A = os.environ['X']\n",
        "if env.bool('ON', default='False'):\n    A = env('X')\n",
        "if config('ON', default='False', cast=bool):\n    A = os.environ['X']\n",
        "A = B\nB = A and int(1e999)\nif not B or int(1e999) or " + "not " * 2000 + "1:\n    A = os.environ['X']\n",
        "ON = 1\nON = ready()\nif not ON:\n    A = os.environ['X']\n",
        "if 1 < 2 < 3 or -1 or 1 in 2 or len(3) or 'x'.title(1) or int('x') or name in os.environ:\n    A = env('X')\n",
        "if ready() in os.environ or env('ON') or os.getenv(name) or [ready()] or ON or None + 1:\n    A = env('X')\n",
        "try:\n    A = os.environ['X']\nexcept KeyError:\n    raise RuntimeError('set X')\n",
        "try:\n    A = os.environ['X']\nexcept KeyError:\n    sys.exit('set X')\n",
        "try:\n    A = os.environ['X']\nexcept ImportError:\n    pass\n",
        "with suppress(OSError), open('x'):\n    A = os.environ['X']\n",
    ],
)
def test_a_variable_that_is_read_whatever_is_set_is_demanded(code):
    before = "import environ\nimport os\nimport sys\nfrom contextlib import suppress\nfrom decouple import config\n"
    facts = detect(Tree.of({"s.py": f"{before}env = environ.Env()\n{code}", ".env": "OWN=1\n"}))
    assert max(fact.confidence for fact in facts if fact.kind is Kind.VARIABLE and fact.value == "X") > 0.5


def test_what_the_app_s_own_env_file_sets_is_neither_replaced_nor_copied():
    files = {"s.py": "import os\nA = os.environ['TOKEN']\n", ".env": "TOKEN=secret\n"}
    assert of(files, Kind.VARIABLE) == ()


def test_what_a_variable_is_read_as_is_found():
    code = (
        "import os\nfrom decouple import config\nimport environ\nenv = environ.Env()\n"
        "int(os.environ['A'])\nfloat(os.getenv('B'))\nconfig('C', cast=bool)\nenv.int('D')\nstr(os.environ['E'])\n"
        "int(os.environ.get('F', 3))\nos.environ.get('G')\n"
    )
    facts = detect(Tree.of({"s.py": code}))
    assert set(values(facts, Kind.VARIABLE)) == {"A", "B", "C", "D", "E"}
    casts = {fact.value: fact.label for fact in facts if fact.kind is Kind.CAST}
    assert casts == {"A": "int", "B": "float", "C": "bool", "D": "int"}


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ("env.cache('X')", "locmemcache://"),
        ("env.dj_cache_url('X')", "locmem://"),
        ("env.email_url('X')", "consolemail://"),
        ("env.dj_email_url('X')", "console:"),
        ("env.db('X')", "sqlite:///local.db"),
        ("env.uuid('X')", "00000000-0000-4000-8000-000000000000"),
    ],
)
def test_what_a_reader_of_variables_takes_apart_gets_an_address_that_needs_no_service(call, value):
    code = f"import environ\nenv = environ.Env()\nx = {call}\n"
    assert value_for("X", detect(Tree.of({"settings.py": code}))) == value


MODEL = """
from typing import ClassVar, Literal
from pydantic import Field, HttpUrl
from pydantic_settings import BaseSettings, SettingsConfigDict
class Base(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SHOP_")
    page_size: int
    debug: bool | None
    site: HttpUrl
    mode: Literal["dev", "prod"]
    key: str = Field(min_length=3)
    token: str = Field(..., alias="SHOP_API_TOKEN")
    limit: int = 3
    names: list = Field(default_factory=list)
    other: Other
    shared: ClassVar[int]
class Own(Base):
    extra: str
class Plain:
    no: int
"""


def test_fields_of_settings_models_are_variables():
    facts = detect(Tree.of({"conf.py": MODEL, ".env": "SHOP_KEY=secret\n", ".env.example": "SHOP_EXTRA = 'x' # y\n"}))
    labels = {fact.value: fact.label for fact in facts if fact.kind is Kind.VARIABLE}
    assert labels == {"SHOP_PAGE_SIZE": "", "SHOP_DEBUG": "", "SHOP_SITE": "", "SHOP_MODE": "dev", "SHOP_EXTRA": "x",
                      "SHOP_API_TOKEN": ""}  # fmt: skip
    casts = {fact.value: fact.label for fact in facts if fact.kind is Kind.CAST}
    assert casts == {"SHOP_PAGE_SIZE": "int", "SHOP_DEBUG": "bool", "SHOP_SITE": "url"}


@pytest.mark.parametrize("place", ["class Config:\n        env_prefix = 'X_'", "model_config = {'env_prefix': 'X_'}"])
def test_a_prefix_is_read_wherever_it_stands(place):
    code = f"from pydantic import BaseSettings\nclass S(BaseSettings):\n    a: str\n    b: str = None\n    {place}\n"
    assert of({"conf.py": code}, Kind.VARIABLE) == ("X_A",)


def test_routes_named_like_health_come_first():
    decorators = ("app.route('/about')", "app.get('/healthz')", "app.route('/new', methods=['POST'])",
                  "app.get('/x/<id>')", "app.get(name)", "other")  # fmt: skip
    code = "".join(f"@{decorator}\ndef view(): ...\n" for decorator in decorators)
    assert of({"web.py": code}, Kind.ROUTE) == ("/healthz", "/about")


def test_django_routes_are_read_from_urls():
    code = "urlpatterns = [path('status/', s), path('api/', include('x')), re_path(r'^ping/$', p), other('z')]\n"
    assert set(of({"shop/urls.py": code}, Kind.ROUTE)) == {"/status/", "/ping/"}
    assert of({"shop/views.py": code}, Kind.ROUTE) == ()


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({"pyproject.toml": "[tool.pylint.main]\njobs = 2\n", "shop/__init__.py": ""}, "pylint shop"),
        ({"pyproject.toml": "[tool.pylint]\n[tool.mypy]\nfiles = 'x'\n", "shop/__init__.py": ""}, "pylint shop"),
        ({"setup.cfg": "[mypy]\nfiles = x\n", "pylintrc": "", "app.py": ""}, "pylint --recursive=y ."),
    ],
)
def test_pylint_is_always_told_what_to_read(files, command):
    assert command in of(files, Kind.LINTER)


ODD = (
    "tool = []\nproject = 1\nbuild-system = 'x'\n",
    "tool.mypy = 'x'\ntool.poetry = 'x'\ntool.pylint = 1\n[project]\ndependencies = 1\nscripts = 1\n",
    "[tool.poetry]\ndependencies = 1\nextras = 'x'\nscripts = []\ngroup = 1\n[project]\noptional-dependencies = 1\n",
)


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("file", ["pyproject.toml", "Pipfile"])
def test_tables_of_an_odd_shape_are_passed_over(text, file):
    assert of({file: text}, Kind.UNREAD) == ()


@pytest.mark.parametrize("points", ["{'console_scripts': 1}", "1", "[1]"])
def test_a_setup_py_of_an_odd_shape_is_passed_over(points):
    code = f"setup(entry_points={points}, extras_require={{1: [], 'test': 2}}, install_requires=3, name=4)\n"
    assert of({"setup.py": code}, Kind.UNREAD) == ()


def test_a_reader_that_fails_costs_its_own_facts_and_is_told():
    def read(tree):
        yield Fact(kind=Kind.NAME, value="shop", file="x")
        raise KeyError("mypy")

    facts = detect(Tree.of({"requirements.txt": "flask\n"}), (read, requirements.read))
    assert values(facts, Kind.DEPENDENCY) == ("flask",)
    assert values(facts, Kind.NAME) == ("shop",)
    assert values(facts, Kind.UNREAD) == ("test_surroundings: KeyError: 'mypy'",)


@pytest.mark.parametrize(
    ("code", "example", "value"),
    [
        ("os.environ['APP_HOSTS'].split(',')", "", "localhost,127.0.0.1"),
        ("os.environ['APP_HOSTS'].split()", "", "localhost 127.0.0.1"),
        ("os.environ['APP_HOSTS']", "example.org", "localhost,127.0.0.1"),
        ("os.environ['APP_HOSTS']", "example.org www.example.org", "localhost 127.0.0.1"),
        ("os.environ['APP_HOSTS']", '["example.org"]', '["localhost", "127.0.0.1"]'),
        ("os.environ['APP_HOSTS']", "*", "*"),
    ],
)
def test_a_list_of_hosts_names_this_machine(code, example, value):
    facts = detect(Tree.of({"s.py": f"import os\nX = {code}\n", ".env.example": f"APP_HOSTS={example}\n"}))
    assert next(fact.label for fact in facts if fact.kind is Kind.VARIABLE) == value


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("os.environ.get('ALLOWED_HOSTS', '').split(',')", ("ALLOWED_HOSTS",)),
        ("os.getenv('ALLOWED_HOSTS', '*')", ()),
        ("os.getenv('ALLOWED_HOSTS', 'localhost')", ()),
        ("env.list('TRUSTED_HOSTS', default=[])", ("TRUSTED_HOSTS",)),
        ("os.environ.get('CACHE_HOSTS', '')", ()),
        ("other('ALLOWED_HOSTS')", ()),
        ("other['ALLOWED_HOSTS']", ()),
        ("os.environ.get()", ()),
    ],
)
def test_a_list_of_hosts_whose_default_leaves_this_machine_out_is_wanted(code, names):
    assert of({"s.py": f"import os, environ\nenv = environ.Env()\nX = {code} # HOSTS\n"}, Kind.VARIABLE) == names


@pytest.mark.parametrize(
    ("lines", "paths"),
    [
        ("RUN pip install -r requirements/prod.txt -r more.txt", ("requirements/prod.txt", "more.txt")),
        ("RUN apt-get update && \\\n    pip install --no-cache-dir -r /app/more.txt", ("more.txt",)),
        (
            "COPY requirements/prod.txt /tmp/r.txt\nRUN pip install -r /tmp/r.txt",
            ("requirements/prod.txt",),
        ),
        ("RUN pip install -r requirements/test.txt -r gone.txt", ()),
        ("RUN cp -r more.txt x", ()),
    ],
)
def test_what_a_dockerfile_installs_is_needed_to_run(lines, paths):
    files = {"requirements/prod.txt": "uwsgi\n", "more.txt": "flask\n", "requirements/test.txt": "pytest\n"}
    facts = detect(Tree.of({**files, "Dockerfile": f"FROM x\n{lines}\n"}))
    assert tuple(fact.value for fact in facts if fact.file == "Dockerfile") == paths
    assert ("flask" in values(facts, Kind.DEPENDENCY)) is ("more.txt" in paths)


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("HEALTHCHECK --interval=5s CMD curl -f http://localhost:8000/live/now?x=1 || exit 1", ("/live/now",)),
        ('HEALTHCHECK CMD ["wget", "-q", "http://127.0.0.1:80/ok"]', ("/ok",)),
        ("HEALTHCHECK CMD python -c \"import urllib.request as u; u.urlopen('http://localhost/up/')\"", ("/up/",)),
        ("HEALTHCHECK CMD curl http://localhost:8000", ("/",)),
        ("HEALTHCHECK NONE", ()),
    ],
)
def test_the_page_that_a_dockerfile_asks_is_a_route(line, path):
    assert of({"Dockerfile": f"FROM x\n{line}\n"}, Kind.ROUTE) == path


def test_what_a_dockerfile_sets_suits_a_variable_that_the_code_reads():
    code = "import os\nA, B, C, D = os.environ['A'], os.environ['B'], os.environ['C'], os.environ['D']\n"
    lines = "ENV A=one B='t w o' C=/data\nENV D ${x}\nENV UNREAD=1\n"
    facts = detect(Tree.of({"s.py": code, "Dockerfile": lines, ".env.example": "A=first\n"}))
    found = {fact.value: fact.label for fact in facts if fact.kind is Kind.VARIABLE}
    assert found == {"A": "first", "B": "t w o", "C": "", "D": ""}


@pytest.mark.parametrize(
    ("code", "routes"),
    [
        ("app.add_route('/things', Things())\nconfig.add_route('name', '/named')\n", {"/things", "/named"}),
        ("from aiohttp import web\nroutes = [web.get('/a', f), web.post('/b', f)]\napp.router.add_get('/c', f)\n",
         {"/a", "/c"}),
        ("routes = [Route('/r', f), Route('/post', f, methods=['POST'])]\n", {"/r"}),
        ("urls.add(Rule('/info', endpoint=show))\nurls.add(Rule('/new', methods=['POST'], endpoint=new))\n", {"/info"}),
        ("import tornado.web\nhandlers = [(r'/t$', Home), ('/u/(.*)', Home), ('/v', 'no')]\nRequestHandler\n", {"/t"}),
    ],
)  # fmt: skip
def test_routes_that_calls_add_are_found(code, routes):
    assert set(of({"web.py": code}, Kind.ROUTE)) == routes


def test_of_more_code_than_can_be_read_in_seconds_that_nearest_to_the_root_is_and_the_rest_is_said():
    text = "from flask import Flask\n" + "# what it does\n" * 20_000
    names = [f"shop/part{number}.py" for number in range(2 * MOST // len(text))]
    tree = Tree.of({**dict.fromkeys(names, text), "web.py": "from flask import Flask\napp = Flask(__name__)\n"})
    (said,) = (fact.value for fact in detect(tree) if fact.kind == Kind.UNREAD)
    paths = [module.path for module in tree.modules("Flask")]
    assert paths[0] == "web.py"
    assert len(paths) == (MOST - EACH) // (len(text) + EACH) + 1
    assert said.startswith(f"itself in {len(names) + 1 - len(paths)} deep Python files")
