"""With which command lines the repository runs its tests."""

import pytest

from ecluse.manifest.detect import detect
from ecluse.manifest.detect.facts import Kind, every, first, values
from ecluse.manifest.detect.testruns import program
from ecluse.manifest.detect.toxnox import expanded
from ecluse.manifest.detect.tree import Tree

FILES = {"tests/test_a.py": "import unittest\n", "tests/unit/test_b.py": "", "shop/checks.py": "", "suites/a.robot": ""}


def said(line):
    facts = detect(Tree.of({**FILES, "Makefile": f"test:\n\t{line}\n"}))
    return [(fact.label, fact.value) for fact in every(facts, Kind.TEST_RUN)]


@pytest.mark.parametrize(
    ("line", "run"),
    [
        ("pytest", ("pytest", "")),
        ("@$(PYTHON) -Wd -m pytest -n 4 -q --cov=shop tests/unit", ("pytest", "tests/unit")),
        ("-poetry run pytest -m 'not slow' --ignore=tests/unit", ("pytest", "-m 'not slow' --ignore=tests/unit")),
        ("cd x && uv run --frozen coverage run -m unittest discover -v -s tests", ("unittest", "discover -s tests")),
        ("python -m unittest shop.checks", ("unittest", "shop.checks")),
        ("DEBUG=1 python -m unittest", ("unittest", "DEBUG=1")),
        ("TOKEN=$(TOKEN) python -m unittest", ("unittest", "")),
        ("./manage.py test --parallel --tag fast shop", ("django", "--tag fast shop")),
        ("pytest -x --exitfirst --maxfail=1 --sw tests/unit", ("pytest", "tests/unit")),
        ("python -m unittest -f --failfast shop.checks", ("unittest", "shop.checks")),
        ("./manage.py test --failfast shop", ("django", "shop")),
        ("robot -d out --include smoke suites", ("robot", "--include smoke suites")),
        ("pytest gone/folder", ("pytest", "")),
    ],
)
def test_a_command_is_read_for_what_chooses_the_tests(line, run):
    assert said(line) == [run]


@pytest.mark.parametrize("line", ["pip install pytest", "echo pytest", "python setup.py test", "pytest 'a", "exec"])
def test_what_is_no_test_run_is_passed_over(line):
    assert said(line) == []


TOX = """\
[tox]
envlist = py{311,312}, lint, it
[testenv]
setenv = DJANGO_SETTINGS_MODULE = shop.testing
commands = py312: pytest {posargs:tests}
[testenv:lint]
commands =
    flake8 \\
        shop
    {[shared]more}
[testenv:it]
commands = pytest tests/unit
[testenv:release]
commands = twine upload
[shared]
more = mypy shop
"""


def environments(files):
    facts = detect(Tree.of({**FILES, **files}))
    return [(fact.label, fact.value) for fact in every(facts, Kind.TEST_ENVIRONMENT) if fact.label]


def test_tox_says_what_it_runs_by_itself():
    found = environments({"tox.ini": TOX})
    assert sorted(label for label, _ in found) == ["tox:it", "tox:lint", "tox:lint"]
    assert {value.split()[0] for _, value in found} == {"flake8", "mypy", "pytest"}
    assert first(detect(Tree.of({**FILES, "tox.ini": TOX})), Kind.TEST_RUN).value == "tests"


def test_tox_s_own_tables_are_read():
    text = 'env_list = ["it"]\n[env_run_base]\ncommands = [["pytest", "tests"]]\n[env.it]\n'
    text += 'commands = [["pytest", { replace = "posargs" }, "tests/unit"]]\n'
    assert environments({"tox.toml": text}) == [("tox:it", "pytest tests/unit")]


NOX = """\
import nox
nox.options.sessions = ["tests", "e2e"]
@nox.session(python=["3.12"])
def tests(session):
    session.run("pytest", "tests", *session.posargs)
@nox.session(name="e2e")
def integration(session):
    session.run("pytest", "tests/unit")
@nox.session
def release(session):
    session.run("twine", "upload")
"""


def test_nox_says_what_it_runs_by_itself():
    assert environments({"noxfile.py": NOX}) == [("nox:tests", "pytest tests"), ("nox:e2e", "pytest tests/unit")]
    every_one = environments({"noxfile.py": NOX.replace("nox.options", "nothing")})
    assert ("nox:release", "twine upload") in every_one


def test_lists_of_names_are_expanded():
    assert list(expanded("py{311,312}-{a,b}, lint\n  docs")) == [
        "py311-a", "py311-b", "py312-a", "py312-b", "lint", "docs",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("files", "settings"),
    [
        ({"Makefile": "test:\n\tpython manage.py test --settings=shop.testing\n"}, "shop.testing"),
        ({".github/workflows/ci.yml": "      - run: DJANGO_SETTINGS_MODULE=a.ci python manage.py test\n"}, "a.ci"),
        ({"pytest.ini": "[pytest]\nDJANGO_SETTINGS_MODULE = a.pytest\n"}, "a.pytest"),
        ({"tox.ini": TOX}, "shop.testing"),
    ],
)
def test_the_settings_of_the_tests_are_found_where_they_are_said(files, settings):
    assert values(detect(Tree.of({**FILES, **files})), Kind.TEST_SETTINGS) == (settings,)


def test_a_program_is_named_without_what_starts_it():
    assert program("uv run --frozen black --check .") == ["black", "--check", "."]


def test_a_line_that_nobody_wrote_is_no_command():
    assert said("pytest " + "x" * 10_000_000) == []


def test_a_noxfile_that_is_no_python_says_nothing():
    assert environments({"noxfile.py": "def ("}) == []
