"""Which wheels each host gets, with the real uv on packages of a folder."""

import asyncio
from dataclasses import replace

import pytest

from ecluse.loop.build.bundle import build
from ecluse.loop.deploy.fleet import Fleet
from ecluse.loop.deploy.houses import chosen, houses_of, untested
from ecluse.model.app import App, Build
from ecluse.model.ids import HostName, ReleaseId
from ecluse.model.platform import HostPlatform
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.providers.uv import platforms
from support.packages import offline_toolchain, wheel
from support.repositories import git, repository
from support.worlds import world

MACHINE, LIBC, RELEASE = platforms.here()
APP = App(name="shop", processes=())
pytestmark = pytest.mark.skipif(LIBC != "glibc" or MACHINE not in platforms.UV_MACHINES, reason="for this machine")


class Reports:
    """A host that says what it has; without a word it is lost."""

    def __init__(self, *pythons, release=RELEASE, code=""):
        self.pythons, self.release, self.code = pythons, release, code

    async def platform(self):
        if self.code:
            raise ProblemError(Problem(code=self.code, what="gone", fix="-", exit=Exit.UNREACHABLE))
        return HostPlatform(pythons=self.pythons, machine=MACHINE, libc="glibc", release=self.release)


class Silent:
    """A target that reports nothing."""


@pytest.fixture
def index(tmp_path):
    folder = tmp_path / "index"
    for minor in ("311", "312"):
        wheel(folder, "fast", tag=f"cp{minor}-cp{minor}-manylinux_2_28_{MACHINE}")
    return folder


@pytest.fixture
def at(tmp_path, index, commands):
    root = repository(tmp_path / "repository", {"app.py": "", "requirements.txt": "fast\n"})[1]
    home = tmp_path / "home"
    toolchain = offline_toolchain(home, index, commands, PYENV_ROOT="/nonexistent")
    return world(root, home, commands, toolchain=toolchain)


@pytest.fixture
def bundle(at):
    return asyncio.run(build(APP, at, commit=git(at.root, "rev-parse", "HEAD"), dirty=False))[0]


def houses(bundle, at, app=APP, **targets):
    fleet = Fleet({HostName(name): target for name, target in targets.items()})
    return asyncio.run(houses_of(app, bundle, fleet, at))


def test_a_host_like_this_machine_gets_the_bundles_own(bundle, at):
    found = houses(bundle, replace(at, source=None), web1=Reports("3.12.1", "3.11.2"), web2=Silent())
    assert found == {"web1": bundle.wheelhouses[0]}
    assert untested(found, bundle) == ()


def test_a_host_with_another_python_gets_wheels_of_its_own_made_once(bundle, at):
    hosts = {"web1": Reports("3.11.2"), "web2": Reports("3.12.1"), "web3": Reports("3.12.4")}
    found = houses(bundle, at, **hosts)
    assert {name: house.python for name, house in found.items()} == {"web1": "3.11", "web2": "3.12", "web3": "3.12"}
    assert found["web2"] == found["web3"]
    assert houses(bundle, replace(at, source=None), **hosts) == found
    assert untested(found, bundle) == ("tested with Python 3.11, and run with 3.12 on web2, web3",)
    assert [(one.python, one.hosts, one.release) for one in chosen(found, ReleaseId("r-1"), "production")] in (
        [("3.11", ("web1",), "r-1"), ("3.12", ("web2", "web3"), "r-1")],
        [("3.12", ("web2", "web3"), "r-1"), ("3.11", ("web1",), "r-1")],
    )


def test_all_that_is_wrong_is_told_at_once_with_its_host(bundle, at):
    app = replace(APP, build=Build(python="3.11"))
    with pytest.raises(ProblemError) as error:
        houses(bundle, at, app, web1=Reports("3.11.2"), web2=Reports("3.9.2"), web3=Reports("3.11.2", release=(2, 17)))
    told = sorted((problem.code, problem.what.partition(":")[0]) for problem in error.value.problems)
    assert told == [("B002", "web2"), ("B023", "web3")]


def test_a_host_that_is_lost_is_left_for_where_it_is_staged(bundle, at):
    assert houses(bundle, at, web1=Reports("3.11.2"), web2=Reports(code="K001")) == {"web1": bundle.wheelhouses[0]}


def test_wheels_that_were_removed_are_made_again(bundle, at):
    found = houses(bundle, at, web2=Reports("3.12.1"))["web2"]
    at.store.path(found.app[0].digest).unlink()
    assert houses(bundle, at, web2=Reports("3.12.1"))["web2"] == found
    assert at.store.has(found.app[0].digest)
