"""A Django project is read from manage.py onwards."""

import pytest

from ecluse.manifest.detect import detect
from ecluse.manifest.detect.facts import Kind, every, values
from ecluse.manifest.detect.tree import Tree

MANAGE = 'import os\ndef main():\n    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'
SETTINGS = """
from pathlib import Path
BASE_DIR = Path(__file__).resolve().parent.parent
ALLOWED_HOSTS = [".example.org", "*"]
WSGI_APPLICATION = "shop.wsgi.application"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
MEDIA_ROOT = BASE_DIR / "media"
STATIC_ROOT = BASE_DIR / "static"
"""


def facts(**more: str):
    return detect(Tree.of({"manage.py": MANAGE, "shop/settings.py": SETTINGS, **more}))


def test_the_entry_point_is_what_the_settings_name():
    assert values(facts(), Kind.WSGI) == ("shop.wsgi:application",)


def test_an_asgi_application_is_surer_than_wsgi():
    settings = SETTINGS + 'ASGI_APPLICATION = "shop.asgi.application"\n'
    found = [fact for fact in facts(**{"shop/settings.py": settings}) if fact.kind in {Kind.ASGI, Kind.WSGI}]
    assert max(found, key=lambda fact: fact.confidence).value == "shop.asgi:application"


def test_the_database_file_and_uploads_are_state():
    assert set(values(facts(), Kind.STATE)) == {"db.sqlite3", "media/"}


def test_migrations_run_through_manage():
    assert values(facts(), Kind.MIGRATE) == ("python manage.py migrate --noinput",)


def test_static_files_are_collected_where_there_is_a_place_for_them():
    assert values(facts(), Kind.PREPARE) == ("python manage.py collectstatic --noinput",)


def test_allowed_hosts_are_known():
    assert values(facts(), Kind.HOST) == ("example.org",)


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ("SECRET_KEY = 'django-insecure-x'\nDEBUG = True\n", ["SECRET_KEY:1", "DEBUG = True:2"]),
        ("import os\nSECRET_KEY = os.environ['KEY']\nDEBUG = 'DEBUG' in os.environ\n", []),
        ("import os\nDEBUG = True\nDEBUG = os.environ.get('DEBUG') == '1'\nSECRET_KEY = ''\n", []),
        ("DEBUG = False\n", []),
    ],
)
def test_what_settings_hold_for_development_is_found(settings, found):
    told = every(facts(**{"shop/settings.py": settings}), Kind.DEVELOPMENT)
    assert [f"{fact.value}:{fact.line}" for fact in sorted(told, key=lambda fact: fact.line)] == found


def test_settings_that_are_named_for_development_mean_it():
    files = {"manage.py": MANAGE.replace("shop.settings", "shop.dev"), "shop/dev.py": "DEBUG = True\n"}
    assert values(detect(Tree.of(files)), Kind.DEVELOPMENT) == ()


def test_a_project_in_a_folder_runs_there():
    found = detect(Tree.of({"backend/manage.py": MANAGE, "backend/shop/settings.py": SETTINGS}))
    (wsgi,) = [fact for fact in found if fact.kind is Kind.WSGI]
    assert wsgi.folder == "backend"
    assert values(found, Kind.MIGRATE) == ("python backend/manage.py migrate --noinput",)
    assert "backend/db.sqlite3" in values(found, Kind.STATE)


def test_settings_that_import_others_with_a_star_are_followed():
    found = detect(Tree.of({
        "manage.py": MANAGE,
        "shop/__init__.py": "",
        "shop/settings/__init__.py": "from .base import *\nfrom .gone import *\n",
        "shop/settings/base.py": 'from . import *\nWSGI_APPLICATION = "shop.wsgi.application"\n',
    }))  # fmt: skip
    assert values(found, Kind.WSGI) == ("shop.wsgi:application",)


@pytest.mark.parametrize("path", ["a/b/c/manage.py", "manage.py"])
def test_a_manage_that_is_no_projects_is_left(path):
    code = MANAGE if path.startswith("a") else "print(1)\n"
    assert values(detect(Tree.of({path: code})), Kind.SETTINGS) == ()


@pytest.mark.parametrize(
    ("expression", "path"),
    [
        ("os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'db', 'x.db')", "db/x.db"),
        ("Path(__file__).resolve().parents[1] / 'x.db'", "x.db"),
        ("str(Path(__file__).parent.parent.joinpath('data', 'x.db'))", "data/x.db"),
        ("BASE / '..' / 'x.db'", None),
        ("'/var/lib/x.db'", None),
        ("env('NAME')", None),
        ("Path(__file__).parents['a']", None),
        ("Path(__file__).others[1]", None),
        ("LOOP / 'x'", None),
        ("BASE - 'x'", None),
        ("BASE.name", None),
        ("Path(__file__).resolve().parent.parent.parent.parent", None),
        ("1", None),
    ],
)
def test_a_database_path_is_computed_as_python_would(expression, path):
    settings = (
        "import os\nfrom pathlib import Path\nBASE = Path(__file__).resolve().parent.parent\nLOOP = LOOP / 'x'\n"
        f"DATABASES = {{'default': {{'ENGINE': 'x.sqlite3', 'NAME': {expression}}}}}\n"
    )
    found = values(facts(**{"shop/settings.py": settings}), Kind.STATE)
    assert found == (() if path is None else (path,))


def entry(settings, how="os.environ.setdefault('DJANGO_SETTINGS_MODULE', {!r})"):
    return f"import os\n{how.format(settings)}\n"


@pytest.mark.parametrize(
    ("manage", "wsgi", "surest"),
    [
        (entry("conf.dev"), entry("conf.prod"), "conf.dev"),
        (entry("conf.production"), entry("conf.local"), "conf.local"),
        (entry("conf"), entry("conf.base"), "conf"),
        (entry("conf.dev"), entry("conf.prod", "os.environ['DJANGO_SETTINGS_MODULE'] = {!r}"), "conf.prod"),
    ],
)
def test_of_several_settings_those_for_development_are_the_surest(manage, wsgi, surest):
    found = detect(Tree.of({"back/manage.py": manage, "back/conf/wsgi.py": wsgi, "other/wsgi.py": entry("other.dev")}))
    assert values(found, Kind.SETTINGS)[0] == surest
    assert "other.dev" not in values(found, Kind.SETTINGS)


def test_what_the_settings_say_is_read_off_the_surest():
    found = detect(Tree.of({
        "manage.py": entry("conf.prod"), "conf/wsgi.py": entry("conf.dev"),
        "conf/prod.py": "STATIC_ROOT = 'static'", "conf/dev.py": "MEDIA_ROOT = 'media'",
    }))  # fmt: skip
    assert values(found, Kind.STATE) == ("media/",)
    assert values(found, Kind.PREPARE) == ()


SILENT = "from django.core.management import execute_from_command_line\nexecute_from_command_line([])\n"


def test_settings_for_development_lie_beside_those_for_production():
    manage = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'conf.settings.production')\n"
    files = {"manage.py": manage, "conf/settings/production.py": "", "conf/settings/dev.py": "ALLOWED_HOSTS = ['a']\n"}
    facts = detect(Tree.of(files))
    assert [fact.value for fact in every(facts, Kind.SETTINGS)] == ["conf.settings.dev", "conf.settings.production"]
    assert [fact.value for fact in every(facts, Kind.HOST)] == ["a"]


def test_settings_that_only_a_variable_names_are_found():
    files = {"manage.py": SILENT, "conf/local.py": "", ".env.example": "DJANGO_SETTINGS_MODULE=conf.local\n"}
    facts = detect(Tree.of(files))
    assert [fact.value for fact in every(facts, Kind.SETTINGS)] == ["conf.local"]
    assert [fact.value for fact in every(facts, Kind.MIGRATE)] == ["python manage.py migrate --noinput"]
    assert detect(Tree.of({"manage.py": SILENT})) == ()
