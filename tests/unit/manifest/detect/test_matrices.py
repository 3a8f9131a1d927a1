"""On which Pythons CI, tox and nox run."""

import pytest

from ecluse.manifest.detect import detect
from ecluse.manifest.detect.facts import Kind, every
from ecluse.manifest.detect.tree import Tree

WORKFLOW = """\
jobs:
  test:
    strategy:
      matrix:
        python-version: [3.9, "3.10", 3.12]
    steps:
      - with: {python-version: "${{ matrix.python-version }}"}
      - run: echo 3.8
"""
NOX = "import nox\nPYTHONS = ['3.9', '3.11']\n@nox.session(python=PYTHONS)\ndef tests(session): ...\n"


@pytest.mark.parametrize(
    ("file", "text", "pythons"),
    [
        (".github/workflows/ci.yml", WORKFLOW, {"3.9": 5, "3.10": 5, "3.12": 5}),
        (".gitlab-ci.yml", "test:\n  image: python:3.11-slim\n", {"3.11": 2}),
        (".travis.yml", "python: ['3.7', pypy3]\n", {"3.7": 1}),
        ("tox.ini", "[tox]\nenvlist = py{38,311}, py3.13-x, lint\n", {"3.8": 2, "3.11": 2, "3.13": 2}),
        ("setup.cfg", "[tox:tox]\nenvlist =\n    py39\n    py310\n", {"3.9": 2, "3.10": 2}),
        ("pyproject.toml", '[tool.tox]\nenv_list = ["3.12", "py312"]\n', {"3.12": 2}),
        ("pyproject.toml", '[tool.tox]\nlegacy_tox_ini = """\n[tox]\nenvlist = py39\n"""\n', {"3.9": 4}),
        ("noxfile.py", NOX, {"3.9": 3, "3.11": 3}),
    ],
)
def test_the_pythons_are_read_with_their_lines(file, text, pythons):
    assert {fact.value: fact.line for fact in every(detect(Tree.of({file: text})), Kind.TESTED_ON)} == pythons
