"""An environment of several hosts is stopped on all of them, or those that run on have a name."""

import asyncio
from dataclasses import replace

import pytest

from ecluse.cli.stop import line
from ecluse.loop.operate.stop import Stopped, stop
from ecluse.model.app import App, Environment
from ecluse.model.events.environments import EnvironmentStopped
from ecluse.model.ids import EnvironmentName
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.slot import Slot, Weights
from ecluse.testing.releases import WEB, release_of
from ecluse.testing.world import HOLDER

pytestmark = pytest.mark.looped
NAMES = ("a", "b", "c", "d", "e")
LIVE = Environment(name=EnvironmentName("live"), hosts=tuple(f"keeper:{name}" for name in NAMES))
APP = App(name="example", processes=(WEB,), environments=(LIVE,))
GONE = Problem(code="K001", what="no answer", fix="again", exit=Exit.UNREACHABLE)
FULL = replace(GONE, code="K030", what="the disk is full", exit=Exit.REFUSED)


@pytest.fixture
def hosts(memory_world):
    """A release serves on each."""

    async def serve():
        for name in NAMES:
            target = memory_world.on(name)
            grant = await target.take(HOLDER, LIVE.lease)
            await target.start(grant, release_of("1.0.0", environment=LIVE), Slot.BLUE)
            await target.route(grant, Weights.all_to(Slot.BLUE))
            await target.give_back(grant)

    asyncio.run(serve())
    return memory_world.hosts


def recorded(memory):
    return [record.event for record in memory.ledger.events() if isinstance(record.event, EnvironmentStopped)]


async def test_nothing_runs_afterwards(memory_world, hosts):
    assert (await stop(APP, LIVE, memory_world.world)).something
    assert {(await target.observe()).serving for target in hosts.values()} == {None}
    assert len(recorded(memory_world)) == 1


async def test_what_had_to_be_killed_is_told_and_recorded(memory_world, hosts):
    async def shut(grant, *, remove=False):
        return ("worker",)

    hosts["b"].shut = shut
    assert (await stop(APP, LIVE, memory_world.world)).killed == ("b: worker",)
    assert [event.killed for event in recorded(memory_world)] == [("b: worker",)]


async def test_each_host_that_runs_on_is_named(memory_world, hosts):
    hosts["b"].fail("shut", FULL)
    hosts["d"].fail("shut", FULL)
    hosts["e"].fail("observe", *[GONE] * 9)
    with pytest.raises(ProblemError) as error:
        await stop(APP, LIVE, memory_world.world)
    assert [problem.what for problem in error.value.problems] == [
        "b: the disk is full", "d: the disk is full", "e: no answer",
    ]  # fmt: skip
    assert {problem.state for problem in error.value.problems} == {
        "what ran there runs on; the other hosts are stopped"
    }
    assert recorded(memory_world) == []


async def test_what_got_no_traffic_is_told_too(memory_world):
    target = memory_world.on("a")
    grant = await target.take(HOLDER, LIVE.lease)
    await target.start(grant, release_of("1.0.0", environment=LIVE), Slot.BLUE)
    await target.give_back(grant)
    ended = await stop(APP, LIVE, memory_world.world)
    assert (ended.something, ended.versions) == (False, ("1.0.0",))


@pytest.mark.parametrize(
    ("ended", "said"),
    [
        (Stopped(release="r-1", keepers=(7,)), "stopped local of mailer"),
        (Stopped(services=("db",)), "stopped local of mailer"),
        (Stopped(), "nothing ran in local of mailer"),
        (
            Stopped(versions=("1.0.0",), keepers=(7,)),
            "nothing served in local of mailer; ended: 1.0.0, the keeper (pid 7) with its holder",
        ),
    ],
)
def test_what_was_ended_is_said(ended, said):
    assert line(ended, "local of mailer") == said
