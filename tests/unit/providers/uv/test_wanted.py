"""Which Python a repository asks for."""

from pathlib import Path

import pytest

from ecluse.model.problem import Problem
from ecluse.ports.python import Interpreter, OtherPythonError
from ecluse.providers.uv.exercised import CI_FOLDERS, exercised
from ecluse.providers.uv.wanted import demands, none_there, pick, poetry_range, too_old

HERE = ("3.14.0", "3.13.0", "3.12.1", "3.11.7", "3.11.2", "3.10.13", "3.9.18", "3.7.16")


def chosen(files, python="", here=HERE):
    found = [Interpreter(version=version, path=Path(f"/opt/{version}/bin/python3")) for version in here]
    tested = too_old(files.get) or exercised(files.get, [name for name in files if name.startswith(CI_FOLDERS)])
    picked = pick(found, demands(files.get, python), tested)
    return picked if isinstance(picked, Problem) else picked.version


def project(spec, *classifiers):
    listed = ", ".join(f'"Programming Language :: Python :: {one}"' for one in classifiers)
    return {"pyproject.toml": f'[project]\nname = "app"\nrequires-python = "{spec}"\nclassifiers = [{listed}]\n'}


def poetry(spec):
    return {"pyproject.toml": f'[tool.poetry.dependencies]\npython = "{spec}"\n'}


MATRIX = "jobs:\n  t:\n    strategy:\n      matrix:\n        python-version:\n          - '3.9'\n          - '3.10'\n"
WORKFLOW = {".github/workflows/test.yml": MATRIX + "    steps:\n      - with: {python-version: '${{ x }}'}\n"}


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({}, "3.11.7"),
        (project(">=3.8"), "3.13.0"),
        (project(">=3.14"), "3.14.0"),
        (project(">=3.10,<3.12"), "3.11.7"),
        (project(">=3.8", "3.9", "3.10"), "3.10.13"),
        (project(">=3.8", "3.6", "3.14"), "3.14.0"),
        (poetry("^3.9"), "3.13.0"),
        (poetry("~3.10"), "3.10.13"),
        (poetry(">=3.9 <3.12"), "3.11.7"),
        (poetry("3.9.* || 3.10.*"), "3.10.13"),
        ({"setup.cfg": "[options]\npython_requires = >=3.9, <3.11\n"}, "3.10.13"),
        ({"setup.py": "setup(name='x', python_requires='>=3.9,<3.11')"}, "3.10.13"),
        ({".python-version": "# here\n3.12.4\n"}, "3.12.1"),
        ({".python-version": "3.9\n"}, "3.9.18"),
        ({"runtime.txt": "python-3.10.2\n"}, "3.10.13"),
        ({"Pipfile": '[requires]\npython_version = "3.9"\n'}, "3.9.18"),
        ({".tool-versions": "nodejs 20\npython 3.10.9\n"}, "3.10.13"),
        ({"Dockerfile": "FROM docker.io/python:3.9-slim AS base\n"}, "3.9.18"),
        ({"Dockerfile": "FROM python:3.9\n", "runtime.txt": "python-3.10\n"}, "3.10.13"),
        ({"Dockerfile": "FROM python:3.7-slim\n"}, "3.9.18"),
        ({"runtime.txt": "python-3.6.8\n"}, "3.9.18"),
        ({".python-version": "3.7.2\n", "tox.ini": "[tox]\nenvlist = py310\n"}, "3.9.18"),
        ({**project(">=3.8", "3.13"), "Dockerfile": "FROM python:3.9\n"}, "3.9.18"),
        ({"tox.ini": "[tox]\nenvlist = py{38,39}-flask{1,2}, lint\n"}, "3.9.18"),
        ({"tox.ini": "[tox]\nenvlist = py{38,39}-thing{3.10,4.2}\n"}, "3.9.18"),
        ({"tox.ini": "[tox]\nenv_list =\n    py39\n    py310\n[testenv]\ndeps = x\n"}, "3.10.13"),
        ({"setup.cfg": "[tox:tox]\nenvlist =\n    py38\n    py39\n"}, "3.9.18"),
        ({"setup.cfg": "[options]\nenvlist = py39\n"}, "3.11.7"),
        ({"pyproject.toml": '[tool.tox]\nenv_list = ["3.9", "lint"]\n'}, "3.9.18"),
        ({"pyproject.toml": '[tool.tox]\nlegacy_tox_ini = """\n[tox]\nenvlist = py39\n"""\n'}, "3.9.18"),
        ({**WORKFLOW, "tox.ini": "[tox]\nenvlist = py39\n"}, "3.10.13"),
        ({".travis.yml": 'language: python\npython:\n  - "3.8"\n  - "3.9"\nscript: x\n'}, "3.9.18"),
        ({".gitlab-ci.yml": "image: python:3.10-slim\n"}, "3.10.13"),
        ({**WORKFLOW, **project(">=3.12")}, "3.12.1"),
    ],
)
def test_the_repository_s_word(files, version):
    assert chosen(files) == version


def test_the_manifest_is_heard_alone():
    assert chosen(project(">=3.12"), python="3.10") == "3.10.13"
    assert chosen(project(">=3.12"), python=">=3.9,<3.10") == "3.9.18"


def test_what_the_code_demands_wins_over_a_pinned_version():
    assert chosen({**project(">=3.12"), ".python-version": "3.9"}) == "3.13.0"
    assert chosen({**project(">=3.8"), ".python-version": "3.9"}) == "3.9.18"


def test_files_that_can_t_be_read_say_nothing():
    broken = {"pyproject.toml": "[project", "setup.cfg": "x", "setup.py": "def", "Pipfile": "[", ".python-version": "?"}
    assert chosen(broken) == "3.11.7"
    assert chosen(project("not a specifier")) == "3.11.7"


def test_none_fits_names_version_place_what_there_is_and_a_way():
    problem = chosen(project(">=3.15"))
    assert problem.code == "B001"
    assert str(problem.where) == "pyproject.toml:3"
    assert ">=3.15" in problem.what
    assert any("3.14.0 (/opt/3.14.0/bin/python3)" in line for line in problem.evidence)
    assert "pyenv install 3.15" in problem.fix


@pytest.mark.parametrize(
    ("spec", "fix"),
    [
        (">=3.15", "pyenv install 3.15,"),
        ("==3.11.4", "pyenv install 3.11.4,"),
        (">=3.99", "no Python from 3.8 to 3.15 is requires-python = >=3.99;"),
        ("==3.7.*", "no Python from 3.8 to 3.15 is requires-python = ==3.7.*;"),
    ],
)
def test_what_to_install_is_a_version_that_there_is(spec, fix):
    assert fix in chosen(project(spec)).fix


def test_a_pinned_version_alone_is_a_demand():
    problem = chosen({".python-version": "3.8.20"})
    assert (problem.code, str(problem.where)) == ("B001", ".python-version:1")


def test_one_that_is_too_old_for_the_installer_doesn_t_count():
    assert chosen(project("==3.7.*")).code == "B001"


def test_no_python_at_all():
    assert "install one" in chosen({}, here=()).fix


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("^3.9", "3.12.0", "4.0.0"),
        ("^0.2.3", "0.2.9", "0.3.0"),
        ("~3.9", "3.9.18", "3.10.0"),
        ("~3.9.2", "3.9.18", "3.10.0"),
        ("~1", "1.9", "2.0"),
        ("~1.2.3.4", "1.2.9", "1.3.0"),
        ("=3.9.4", "3.9.4", "3.9.5"),
        ("3.x", "3.9.4", "4.0.0"),
        ("3.9", "3.9.4", "3.10.0"),
        ("3.9.4", "3.9.4", "3.9.5"),
        (">=3.8, !=3.9.1", "3.9.2", "3.9.1"),
        (">= 3.8", "3.8.1", "3.7.9"),
    ],
)
def test_poetry_s_ranges(text, inside, outside):
    (spec,) = poetry_range(text)
    assert spec.contains(inside)
    assert not spec.contains(outside)


def test_any_version_will_do():
    assert poetry_range("*")[0].contains("1.0")


def asks_for(spec, *here):
    first = Problem(code="B012", what=f"x asks for Python {spec}, and the chosen one is another", fix="change it")
    found = [Interpreter(version=version, path=Path("/p")) for version in here]
    return none_there(OtherPythonError(first, wanted=(spec,)), found)


def test_a_package_s_python_that_is_not_here_is_one_problem():
    problem = asks_for(">=3.14", "3.9.1")
    assert (problem.code, problem.what) == ("B001", "x asks for Python >=3.14, and no interpreter here is one")
    assert "pyenv install 3.14," in problem.fix
    assert problem.evidence == ("found: 3.9.1 (/p)",)
    assert asks_for(">=3.99").fix == "change the requirement"


def test_a_package_s_python_that_is_here_can_be_chosen():
    assert asks_for(">=3.12", "3.9.1", "3.13.0") is None
