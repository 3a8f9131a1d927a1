"""Wheels for hosts that aren't like this machine: which ones they take, and a wheelhouse of them."""

import asyncio
import os

import pytest

from ecluse.model.app import Build
from ecluse.model.artifact import Wheel, Wheelhouse
from ecluse.model.platform import Platform
from ecluse.model.problem import ProblemError
from ecluse.providers.uv import platforms
from support.packages import offline_toolchain, project, sdist, wheel, write

MACHINE, LIBC, RELEASE = platforms.here()
BUILD = Build(python="3.11", requirements=("requirements.txt",))
pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(LIBC != "glibc" or MACHINE not in platforms.UV_MACHINES, reason="told for this kind of machine"),
]


def there(python="3.12.1", machine=MACHINE, libc="glibc", release=(2, 28)):
    return Platform(python=python, machine=machine, libc=libc, release=release)


def house(*names, python="3.12"):
    wheels = tuple(Wheel(name=name, digest="sha256:" + "a" * 64) for name in names)
    pip = Wheel(name="pip-99.0-py3-none-any.whl", digest="sha256:" + "b" * 64)
    return Wheelhouse(
        python=python, machine=MACHINE, libc="glibc", digest="sha256:" + "c" * 64, app=wheels, server=(), pip=pip
    )


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("a-1-py3-none-any.whl", True),
        (f"a-1-cp312-cp312-manylinux_2_17_{MACHINE}.manylinux2014_{MACHINE}.whl", True),
        (f"a-1-cp312-cp312-manylinux_2_28_{MACHINE}.whl", True),
        (f"a-1-cp39-abi3-manylinux2014_{MACHINE}.whl", True),
        (f"a-1-cp312-cp312-manylinux_2_29_{MACHINE}.whl", False),
        (f"a-1-cp311-cp311-manylinux_2_17_{MACHINE}.whl", False),
        (f"a-1-cp312-cp312-musllinux_1_2_{MACHINE}.whl", False),
        ("a-1-cp312-cp312-manylinux_2_17_riscv64.whl", False),
        ("no wheel", False),
    ],
)
def test_a_house_serves_where_all_its_wheels_run(name, fits):
    assert platforms.serves(house("b-1-py3-none-any.whl", name), there()) == fits


def test_what_was_built_here_runs_on_the_same_system_or_a_newer_one():
    built = house(f"a-1-cp312-cp312-linux_{MACHINE}.whl")
    older = (RELEASE[0], RELEASE[1] - 1)
    assert [platforms.serves(built, there(release=release)) for release in (RELEASE, (2, 90), older)] == [
        True, True, False,
    ]  # fmt: skip
    assert not platforms.serves(built, there(libc="musl", release=()))
    assert not platforms.serves(built, there(machine="riscv64", release=RELEASE))


def test_another_python_is_another_house():
    assert not platforms.serves(house(python="3.11"), there())


@pytest.mark.parametrize(
    ("platform", "name"),
    [
        (there(), f"{MACHINE}-manylinux_2_28"),
        (there(release=(2, 31)), f"{MACHINE}-manylinux_2_31"),
        (there(release=(2, 30)), f"{MACHINE}-manylinux_2_28"),
        (there(release=(2, 99)), f"{MACHINE}-manylinux_2_40"),
        (there(release=(2, 12)), ""),
        (there(libc="musl", release=()), f"{MACHINE}-unknown-linux-musl"),
        (there(machine="s390x"), ""),
    ],
)
def test_uv_is_told_the_newest_system_that_the_host_has(platform, name):
    assert platforms.uv_name(platform) == name


@pytest.fixture
def index(tmp_path):
    return tmp_path / "index"


@pytest.fixture
def made(tmp_path, index, commands):
    """A wheelhouse of the requirements, for a platform."""
    toolchain = offline_toolchain(tmp_path / "home", index, commands, PYENV_ROOT="/nonexistent")

    def make(requirements, platform, **files):
        tree = write(tmp_path / "tree", {"requirements.txt": requirements, **files})
        return asyncio.run(toolchain.wheelhouse(tree, BUILD, servers=(), platform=platform))

    return make


def fast(index, version, *tags):
    for tag in tags:
        wheel(index, "fast", version, tag=f"{tag}_{MACHINE}")


def names(found):
    return [one.name for one in found.app]


def test_a_host_gets_the_wheels_of_its_python_and_system(made, index):
    fast(index, "1.0", "cp311-cp311-manylinux_2_17", "cp312-cp312-manylinux_2_17", "cp312-cp312-manylinux_2_34")
    found = made("fast\n", there())
    assert names(found) == [f"fast-1.0-cp312-cp312-manylinux_2_17_{MACHINE}.whl"]
    assert (found.python, found.machine, found.libc) == ("3.12", MACHINE, "glibc 2.28")
    assert platforms.serves(found, there())
    assert found.digest != made("fast\n", None).digest


def test_it_gets_the_versions_that_were_tested(made, index):
    fast(index, "1.0", "cp311-cp311-manylinux_2_17", "cp312-cp312-manylinux_2_17")
    fast(index, "2.0", "cp312-cp312-manylinux_2_17")
    assert names(made("fast\n", there())) == [f"fast-1.0-cp312-cp312-manylinux_2_17_{MACHINE}.whl"]


def test_what_only_its_python_needs_is_added(made, index):
    wheel(index, "shop")
    wheel(index, "backport")
    found = made("shop\nbackport; python_version < '3.11'\n", there(python="3.9.2"))
    assert names(found) == ["backport-1.0-py3-none-any.whl", "shop-1.0-py3-none-any.whl"]
    assert names(made("shop\nbackport; python_version < '3.11'\n", there())) == ["shop-1.0-py3-none-any.whl"]


def test_what_is_pure_is_built_for_every_host(made, index):
    sdist(index, "raw")
    found = made("raw\n./till\n", there(), **{f"till/{name}": text for name, text in project("till").items()})
    assert names(found) == ["raw-1.0-py3-none-any.whl", "till-1.0-py3-none-any.whl"]


@pytest.mark.parametrize(
    ("tags", "platform", "said"),
    [
        (("cp311-cp311-manylinux_2_17",), there(), f"Python 3.12 on {MACHINE} with glibc 2.28"),
        (("cp311-cp311-manylinux_2_34",), there("3.11.2"), f"Python 3.11 on {MACHINE} with glibc 2.28"),
        (("cp311-cp311-manylinux_2_17",), there("3.11.2", libc="musl", release=()), f"on {MACHINE} with musl"),
    ],
)
def test_a_dependency_without_a_wheel_for_the_host_is_named(made, index, tags, platform, said):
    fast(index, "1.0", *tags)
    problem = refused(made, "fast\n", platform)
    assert (problem.code, said in problem.what, "fast" in str(problem.evidence)) == ("B023", True, True), problem


def test_a_source_that_builds_nowhere_else_is_named(made, index):
    fast(index, "1.0", "cp311-cp311-manylinux_2_17")
    sdist(index, "fast", "1.0", fails="raise SystemExit('no compiler')")
    problem = refused(made, "fast\n", there())
    assert (problem.code, problem.what.startswith("fast has no wheel for Python 3.12")) == ("B023", True)
    assert "no compiler" in str(problem.evidence)


def test_a_machine_for_which_nothing_can_be_resolved(made, index):
    wheel(index, "shop")
    assert refused(made, "shop\n", there(machine="s390x")).code == "B024"


def refused(made, requirements, platform):
    with pytest.raises(ProblemError) as error:
        made(requirements, platform)
    (problem,) = error.value.problems
    return problem


@pytest.mark.parametrize(
    ("asked", "versions", "chosen"),
    [
        ("", ("3.12.1", "3.9.2"), "3.12.1"),
        (">=3.10", ("3.13.0", "3.12.1", "3.9.2"), "3.13.0"),
        ("<3.10", ("3.12.1", "3.9.2"), "3.9.2"),
    ],
)
def test_a_host_runs_the_app_with_the_python_that_it_asks_for(tmp_path, commands, index, asked, versions, chosen):
    toolchain = offline_toolchain(tmp_path / "home", index, commands)
    text = f'[project]\nname = "shop"\nversion = "1"\nrequires-python = "{asked}"\n' if asked else ""
    tree = write(tmp_path / "tree", {"pyproject.toml": text})
    assert toolchain.suits(tree, Build(), versions) == chosen


def test_a_host_without_such_a_python_is_told_what_it_lacks(tmp_path, commands, index):
    toolchain = offline_toolchain(tmp_path / "home", index, commands)
    (tmp_path / "tree").mkdir()
    with pytest.raises(ProblemError) as error:
        toolchain.suits(tmp_path / "tree", Build(python="3.13"), ("3.12.1", "3.9.2"))
    (problem,) = error.value.problems
    assert (problem.code, problem.evidence) == ("B002", ("found there: 3.12.1, 3.9.2",))
    assert "uv python install 3.13" in problem.fix


def test_this_machine_is_like_itself():
    assert platforms.runs(there(machine=os.uname().machine, release=RELEASE))
