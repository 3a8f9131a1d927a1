"""What CI, tox, nox and make run, and on which Pythons."""

import pytest

from ecluse.manifest.detect import detect
from ecluse.manifest.detect.facts import Kind, every
from ecluse.manifest.detect.tree import Tree

WORKFLOW = """\
on: push
jobs:
  test:
    strategy:
      matrix:
        python-version: [3.9, "3.10", 3.12]
    steps:
      - uses: actions/setup-python@v5
        with: {python-version: "${{ matrix.python-version }}"}
      - run: |
          pip install -e .[test]
          python -m pytest tests -q
"""
TOX = """\
[tox]
envlist = py{38,311}, py3.13-x, lint
[testenv]
commands =
    coverage erase
    pytest {posargs:tests} --cov
[testenv:django]
commands = python manage.py test
"""
NOX = """\
import nox
PYTHONS = ["3.9", "3.11"]
@nox.session(python=PYTHONS)
def tests(session):
    session.install(".")
    session.run("python", "-m", "unittest", "discover")
@nox.session
def lint(session):
    session.run("ruff", "check")
"""


@pytest.mark.parametrize(
    ("file", "text", "pythons", "commands"),
    [
        (".github/workflows/ci.yml", WORKFLOW, ["3.10", "3.12", "3.9"], [("python -m pytest tests -q", "")]),
        ("tox.ini", TOX, ["3.11", "3.13", "3.8"],
         [("pytest tests --cov", ""), ("python manage.py test", "django")]),
        ("noxfile.py", NOX, ["3.11", "3.9"], [("python -m unittest discover", "tests")]),
        (".gitlab-ci.yml", "test:\n  image: python:3.11-slim\n  script:\n    - pip install .\n    - robot tests\n",
         ["3.11"], [("robot tests", "")]),
        (".travis.yml", "python: ['3.7', pypy3]\nscript: nosetests\n", ["3.7"], [("nosetests", "")]),
        ("Makefile", "X := 1\ntest: build\n\t@uv run pytest -x\nrun:\n\tpytest no\n", [], [("pytest -x", "test")]),
    ],
)  # fmt: skip
def test_what_is_run_elsewhere_is_read(file, text, pythons, commands):
    facts = detect(Tree.of({file: text}))
    assert sorted({fact.value for fact in every(facts, Kind.TESTED_ON)}) == pythons
    found = every(facts, Kind.TEST_COMMAND)
    assert [(fact.value, fact.label) for fact in found] == commands
    assert all(fact.line for fact in found)
