"""Every kind of suite as a gate: `init` runs it with the real tools, from the package index, and so does `test`."""

import json
import shutil
import subprocess
import sys

import pytest

from support.repositories import repository

pytestmark = [pytest.mark.live, pytest.mark.network, pytest.mark.timeout(600)]

APP = """
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]
"""
BASE = {"shop.py": APP, "requirements.txt": ""}
CASE = """
import unittest
class ShopTest(unittest.TestCase):
    def test_right(self): self.assertTrue(True)
"""
WRONG = "    def test_wrong(self): self.assertTrue(False)\n    def test_more(self): pass\n"


def ecluse(root, *words):
    argv = [sys.executable, "-m", "ecluse", *words]
    done = subprocess.run(argv, cwd=root, capture_output=True, text=True, check=False)
    return done, json.loads(done.stdout)


@pytest.fixture
def adopt(tmp_path):
    """A repository after `init`: what was said, and the repository."""

    def adopt(files):
        root = repository(tmp_path / "shop", {**BASE, **files})[1]
        done, said = ecluse(root, "init", "--yes", "--json")
        assert done.returncode == 0, done.stderr
        return said, root

    yield adopt
    shutil.rmtree(tmp_path / "shop", ignore_errors=True)


def answers(said):
    steps = [one for one in said["tried"] if one["about"].startswith("steps.")]
    return {one["about"].removeprefix("steps."): one["answer"] for one in steps}


def test_unittest_runs_what_pytest_would_not_collect(adopt):
    files = {"tests/__init__.py": "", "tests/shop_checks.py": CASE + WRONG}
    said, root = adopt(files)
    assert answers(said) == {"test": "3 tests, 1 fail and is listed as known to"}
    assert list(said["known_failures"]["test"]) == ["tests.shop_checks.ShopTest.test_wrong"]
    done, tested = ecluse(root, "test", "--dirty", "--json")
    assert done.returncode == 0
    assert tested["steps"][0]["known_failures"] == ["tests.shop_checks.ShopTest.test_wrong"]
    (root / "tests" / "shop_checks.py").write_text(CASE)
    ecluse(root, "test", "--dirty", "--json")
    assert "known failure that did not run" in str(ecluse(root, "test", "--dirty", "--json")[1])


DJANGO = {
    "requirements.txt": "django\n",
    "manage.py": "import os, sys\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'conf.settings')\n"
    "from django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n",
    "conf/__init__.py": "",
    "conf/settings.py": "SECRET_KEY = 'x'\nROOT_URLCONF = 'conf.urls'\nWSGI_APPLICATION = 'conf.wsgi.application'\n"
    "ALLOWED_HOSTS = ['*']\n"
    "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'db.sqlite3'}}\n",
    "conf/testing.py": "from conf.settings import *\nFOR_TESTS = True\n",
    "conf/wsgi.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'conf.settings')\n"
    "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n",
    "conf/urls.py": "from django.http import HttpResponse\nfrom django.urls import path\n"
    "urlpatterns = [path('', lambda request: HttpResponse('hello'))]\n",
    "conf/tests.py": "from django.conf import settings\nfrom django.test import SimpleTestCase\n"
    "class ConfTest(SimpleTestCase):\n    def test_settings(self): self.assertTrue(settings.FOR_TESTS)\n",
    "Makefile": "test:\n\tpython manage.py test --settings=conf.testing\n",
}


def test_django_s_own_runner_gets_the_settings_that_the_repository_tests_with(adopt):
    files = {name: text for name, text in DJANGO.items() if name != "shop.py"}
    said, _ = adopt(files)
    assert answers(said) == {"test": "1 test"}
    assert "--settings=conf.testing" in said["manifest"]


ROBOT = "*** Test Cases ***\nRight\n    Should Be Equal    1    1\nWrong\n    Should Be Equal    1    2\n"


def test_robot_framework_is_judged_by_its_report(adopt):
    said, root = adopt({"suites/shop.robot": ROBOT})
    assert answers(said) == {"robot": "2 tests, 1 fail and is listed as known to"}
    assert (root / "known-failures-robot.txt").read_text().endswith("Shop.Wrong  # 1 != 2\n")
    (root / "suites" / "shop.robot").write_text(ROBOT + "New\n    Fail    no good\n")
    done, tested = ecluse(root, "test", "--dirty", "--json")
    assert done.returncode == 1
    assert tested["steps"][0]["evidence"][0] == "failed: Suites.Shop.New: no good"


TOX = """\
[tox]
env_list = py3, it, lint
no_package = true
[testenv]
deps = pytest
commands = pytest tests/unit
[testenv:it]
commands = pytest {posargs:tests/it}
[testenv:lint]
deps = pyflakes
commands = pyflakes shop.py
"""
NOX = """\
import nox
@nox.session
def it(session):
    session.install("pytest")
    session.run("pytest", "tests/it")
"""
TESTS = {"tests/unit/test_unit.py": "def test_unit(): pass\n", "tests/it/test_it.py": "def test_it(): pass\n"}


def test_what_only_tox_runs_is_a_step(adopt):
    said, root = adopt({**TESTS, "tox.ini": TOX})
    assert answers(said) == {"test": "1 test", "tox-it": "1 test", "tox-lint": "passed"}
    done, tested = ecluse(root, "run", "tox-it", "--dirty", "--json")
    assert done.returncode == 0, done.stderr
    assert tested["steps"][0]["evidence"] == ["1 test"]


def test_what_only_nox_runs_is_a_step(adopt):
    said, _ = adopt({**TESTS, "noxfile.py": NOX, "Makefile": "test:\n\tpytest tests/unit\n"})
    assert answers(said) == {"test": "1 test", "nox-it": "1 test"}


def test_a_test_that_fails_now_and_then_and_one_that_always_does(adopt, tmp_path):
    seen = tmp_path / "seen"
    tests = (
        f"import pathlib\nSEEN = pathlib.Path({str(seen)!r})\ndef test_right(): pass\ndef test_wrong(): assert 0\n"
        "def test_more(): pass\ndef test_most(): pass\n"
        "def test_sometimes():\n    first = not SEEN.exists()\n    SEEN.touch()\n    assert not first\n"
    )
    said, root = adopt({"tests/test_shop.py": tests})
    assert list(said["known_failures"]["test"]) == ["tests.test_shop.test_wrong"]
    assert "retries = 1" in said["manifest"]
    seen.unlink()
    done, tested = ecluse(root, "test", "--dirty", "--json")
    assert done.returncode == 0
    assert tested["steps"][0]["attempts"] == 2
    assert tested["steps"][0]["evidence"][0] == "flaky: passed at attempt 2"


def test_tests_run_without_development_packages_that_do_not_build(adopt):
    broken = "raise SystemExit('no compiler')\n"
    files = {"tests/test_shop.py": "def test_a(): pass\n", "requirements-dev.txt": "pytest\n./broken\n"}
    said, _ = adopt({**files, "broken/setup.py": broken})
    assert answers(said) == {"test": "1 test"}
    assert any("develops with can't be installed" in line for line in said["unknown"])
