"""The services of one run."""

import asyncio
import socket
from types import SimpleNamespace

import pytest

from ecluse.loop.services.choice import services_for
from ecluse.loop.services.scratch import scratch
from ecluse.model.app import Step
from ecluse.model.problem import ProblemError
from ecluse.model.service import Service, ServiceKind
from ecluse.providers.machine.services import MachineServices
from ecluse.system.commands import SupervisedRunner
from ecluse.system.environment import read_environment
from ecluse.testing.reporter import HeardReporter
from support.service_programs import programs

pytestmark = [pytest.mark.live, pytest.mark.timeout(120)]

CACHE = Service(name="cache", kind=ServiceKind.REDIS, env={"URL": "redis://:{password}@{host}:{port}/{name}"})


@pytest.fixture
def world(tmp_path):
    programs("redis")
    runner = SupervisedRunner()
    own = MachineServices(
        home=tmp_path, programs=tmp_path / "keepers", env=read_environment(), toolchain=None, commands=runner
    )
    yield SimpleNamespace(commands=runner, services=own, reporter=HeardReporter())
    runner.close()


def reach(url):
    place = url.rpartition("@")[2].partition("/")[0]
    host, port = place.split(":")
    socket.create_connection((host, int(port)), 5).close()


def test_they_answer_and_are_gone_afterwards(world, tmp_path):
    async def work():
        async with scratch(world, tmp_path / "run") as services:
            await asyncio.gather(services.provide((CACHE,)), services.provide((CACHE,)))
            found = services.variables((CACHE,))["URL"]
            assert services.passwords[0] in found
            reach(found)
            return found

    url = asyncio.run(work())
    with pytest.raises(OSError, match="refused"):
        reach(url)


def test_one_that_does_not_start_says_why(world, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "cache").write_text("in the way")

    async def work():
        async with scratch(world, tmp_path / "run") as services:
            with pytest.raises(ProblemError) as refused:
                await services.provide((CACHE,))
            assert refused.value.problems[0].code == "V004"
            assert services.variables((CACHE,)) == {}

    asyncio.run(work())


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ({"group": "test"}, ["cache"]),
        ({"group": "check"}, []),
        ({"group": "test", "services": ()}, []),
        ({"group": "check", "services": ("cache",)}, ["cache"]),
    ],
)
def test_a_step_finds_those_that_are_for_it(step, expected):
    found = services_for(Step(name="s", command=("true",), **step), (CACHE,))
    assert [service.name for service in found] == expected


def test_cells_of_a_matrix_have_their_own_which_go_with_the_cell(world, tmp_path):
    async def work():
        async with scratch(world, tmp_path / "run") as services:
            cells = {name: services.apart(name) for name in ("test@a", "test@b")}
            await asyncio.gather(*(cell.provide((CACHE,)) for cell in cells.values()))
            urls = {name: cell.variables((CACHE,))["URL"] for name, cell in cells.items()}
            assert len(services.ports) == len(set(services.passwords)) == 2
            await services.leave("test@a")
            reach(urls["test@b"])
            assert not (tmp_path / "run" / "test@a").exists()
            return urls

    for url in asyncio.run(work()).values():
        with pytest.raises(OSError, match="refused"):
            reach(url)
