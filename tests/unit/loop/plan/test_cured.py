"""Cures on real environments: with no server in reach, so each try ends there."""

import asyncio
import os
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ecluse.loop.plan.init import Request, initialise
from ecluse.model.problem import ProblemError
from support.packages import offline_toolchain, project, sdist, wheel

pytestmark = pytest.mark.once

HERE = {"PYENV_ROOT": os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv"))}
"""Where this machine's other interpreters are."""
APP = "import till\n{before}\ndef application(environ, start_response): ...\n"
OTHERS = "import sys; assert sys.version_info < (3, {}), 'too new'"


@pytest.fixture
def index(tmp_path):
    wheel(tmp_path / "index", "till")
    return tmp_path / "index"


@pytest.fixture
def shop(world, repository, index, tmp_path, commands):
    """Try a repository of these files. Returns what was said, and the Problem that it ended with."""

    def tried(files, **request):
        repository({"requirements.txt": "till\n", "web.py": APP.format(before=""), **files})
        home = tmp_path / "home"
        toolchain = offline_toolchain(home, index, commands, **HERE)
        with pytest.raises(ProblemError) as error:
            asyncio.run(initialise(replace(world, toolchain=toolchain), Request(port=lambda: 8000, **request)))
        return world.reporter.ends, error.value.problems[0], toolchain

    return tried


def others(toolchain, *wanted):
    minors = {int(one.minor.partition(".")[2]) for one in toolchain.interpreters()} & set(range(9, 14))
    if not all(any(one(minor) for minor in minors) for one in wanted) or len(minors) == 1:
        pytest.skip("another Python is not here")


@pytest.fixture
def has(tmp_path, index, commands):
    """Skip where no interpreter of each of these kinds is here, or only a single one."""
    return lambda *wanted: others(offline_toolchain(tmp_path / "asked", index, commands, **HERE), *wanted)


def cures(ends):
    return [detail for name, _, detail in ends if name == "cure"]


def test_a_package_that_does_not_build_on_this_python_is_built_for_an_older_one(shop, has, index):
    has(lambda minor: minor < 11)
    sdist(index, "counter", fails=OTHERS.format(11))
    ends, problem, _ = shop({"requirements.txt": "till\ncounter\n", ".python-version": "3.11\n"})
    assert cures(ends) == ["Python 3.10"]
    assert ("import web:application", True) in [end[:2] for end in ends]
    assert problem.code not in {"B020", "B021"}


def test_a_package_that_builds_nowhere_is_one_problem_that_names_it_and_what_was_tried(shop, index, has):
    has()
    sdist(index, "counter", fails="raise SystemExit('fatal error: brass.h: No such file or directory')")
    _, problem, _ = shop({"requirements.txt": "till\ncounter\n"})
    assert problem.code == "B021"
    assert problem.what == "counter has no wheel for this Python and doesn't build here: the header brass.h isn't there"
    assert problem.fix.startswith("install the header brass.h")
    assert problem.evidence[-1].startswith("tried in vain: Python 3.")


def test_a_server_of_production_that_does_not_build_is_left_out(shop, index):
    sdist(index, "uwsgi", fails="raise SystemExit('gcc: command not found')")
    ends, _, _ = shop({"requirements.txt": "till\nuwsgi\n"})
    assert cures(ends) == ["without uwsgi, a server that isn't needed here"]
    assert ("import web:application", True) in [end[:2] for end in ends]


def test_ranges_take_the_place_of_a_compiled_file_that_does_not_build(shop, index):
    sdist(index, "counter", "1.0", fails="raise SystemExit(1)")
    wheel(index, "counter", "2.0")
    ends, _, _ = shop({"requirements.in": "till\ncounter\n", "requirements.txt": "till\ncounter==1.0\n"})
    assert cures(ends)[-1] == "requirements.in instead of requirements.txt"
    assert ("import web:application", True) in [end[:2] for end in ends]


def test_a_name_that_the_standard_library_lost_is_found_in_an_older_python(shop, has):
    has(lambda minor: minor == 11, lambda minor: minor == 12)
    before = "import imp"
    ends, _, _ = shop({"web.py": APP.format(before=before), ".python-version": "3.12\n"})
    assert cures(ends) == ["Python 3.11"]
    assert ("import web:application", True) in [end[:2] for end in ends]


def test_a_name_that_is_new_in_the_standard_library_is_found_in_a_newer_python(shop, has):
    has(lambda minor: minor > 11)
    before = "from typing import override"
    ends, _, _ = shop({"web.py": APP.format(before=before), ".python-version": "3.11\n"})
    assert cures(ends) == ["Python 3.12"]


def test_new_syntax_wins_over_the_declared_version(shop, has):
    has(lambda minor: minor > 11)
    before = "type Name = str"
    ends, _, _ = shop({"web.py": APP.format(before=before), ".python-version": "3.11\n"})
    built = [said for what, _, said in ends if what == "build the environment"]
    assert built[-1] >= "Python 3.12"
    assert ("import web:application", True) in [end[:2] for end in ends]
    if sys.version_info < (3, 12):  # then it is known before anything is built: our own Python can't read the code
        assert len(built) == 1


def test_the_resolver_s_word_about_python_is_followed(shop, has, index):
    has(lambda minor: minor > 11)
    wheel(index, "counter", needs_python=">=3.12")
    ends, _, _ = shop({"requirements.txt": "till\ncounter\n", ".python-version": "3.11\n"})
    assert ends[0][1:] == (False, "counter asks for Python >=3.12, and the chosen one is another")
    assert cures(ends) == ["Python 3.12"]


def test_a_package_for_a_python_that_is_not_here_is_one_problem(shop, index, tmp_path):
    wheel(index, "counter", needs_python=">=3.99")
    _, problem, _ = shop({"requirements.txt": "till\ncounter\n"})
    assert (problem.code, str(problem.where)) == ("B001", "requirements.txt:2")
    assert ">=3.99" in problem.what
    assert any(line.startswith("found: 3.") for line in problem.evidence)
    assert not list((tmp_path / "home" / "envs").glob("*"))


def test_pkg_resources_that_nobody_declares_is_setuptools(shop, index):
    wheel(index, "setuptools", "80.0", module="pkg_resources")
    ends, _, _ = shop({"web.py": APP.format(before="import pkg_resources")})
    assert ("learn", True, "setuptools<81") in ends
    assert ("import web:application", True) in [end[:2] for end in ends]


def test_a_build_that_hangs_is_ended(shop, index):
    sdist(index, "counter", fails="import time; time.sleep(600)")
    _, problem, _ = shop({"requirements.txt": "till\ncounter\n"}, budget=timedelta(seconds=8))
    assert problem.code == "I011"


def test_a_project_that_does_not_build_is_told(shop):
    files = project("shop", fails="raise SystemExit(1)")
    files["pyproject.toml"] += '[project]\nname = "shop"\nversion = "1"\n'
    _, problem, _ = shop(files)
    assert problem.code == "B020"
