"""Deploys that go without hosts that are down, as the environment wants it."""

import asyncio
from dataclasses import replace

import pytest

from ecluse.loop.operate.converge import converge
from ecluse.loop.operate.unfinished import resume
from ecluse.model.events.deployments import DeploymentCommitted, HostEnded
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.rollout import HostsDown, Strategy
from support.memory_chain import EVERYTHING, LIVE, Chain, left_behind, lose

pytestmark = pytest.mark.looped


def chain_that(memory_world, hosts_down, **more):
    """The first release serves on all hosts."""
    made = Chain(memory_world, replace(LIVE, hosts_down=hosts_down, **more))
    assert asyncio.run(made.deploy("1.0.0")).committed
    return made


@pytest.fixture
def quorum(memory_world):
    return chain_that(memory_world, HostsDown.QUORUM)


@pytest.fixture
def skip(memory_world):
    return chain_that(memory_world, HostsDown.SKIP)


def back(chain, name):
    """It can be reached again, long after every lease ran out."""
    chain.hosts[name]._failures.clear()
    chain.memory.clock.advance(60)


async def on_all_but(chain, version, *names):
    return {host: serves for host, serves in (await chain.versions()).items() if serves != version} == dict.fromkeys(
        names, "1.0.0"
    )


async def test_a_host_that_is_down_is_left_out_and_caught_up_with(quorum):
    lose(quorum.hosts["c"], *EVERYTHING)
    done = await quorum.deploy("2.0.0")
    assert (done.committed, done.problem) == (True, None)
    left = [(one.host, one.outcome) for one in quorum.told(HostEnded)]
    assert left == [("c", "left_out")]
    assert quorum.told(DeploymentCommitted)[-1].behind == ("c",)
    back(quorum, "c")
    assert await on_all_but(quorum, "2.0.0", "c")
    assert await quorum.phase() == "mixed"
    assert (await converge(quorum.wanted, quorum.world)).brought == ("c",)
    assert await quorum.serve("2.0.0")


async def test_the_migration_runs_on_one_that_is_there(quorum):
    lose(quorum.hosts["a"], *EVERYTHING)
    assert (await quorum.deploy("2.0.0")).committed
    assert [target.calls.count("run") for target in quorum.hosts.values()] == [1, 1, 0, 0, 0]


async def test_one_that_is_lost_on_the_way_takes_all_back(quorum):
    lose(quorum.hosts["d"], "start", "abort", "stop", "route")
    undone = await quorum.deploy("2.0.0")
    assert (undone.committed, undone.problem.exit) == (False, Exit.UNREACHABLE)
    back(quorum, "d")
    assert await quorum.serve("1.0.0")


@pytest.mark.parametrize("call", ["stage", "begin", "start", "route"])
async def test_one_that_is_lost_on_the_way_is_left_out_where_that_is_wanted(skip, call):
    lose(skip.hosts["d"], call)
    done = await skip.deploy("2.0.0")
    assert (done.committed, done.problem) == (True, None)
    assert [(one.host, one.outcome) for one in skip.told(HostEnded)] == [("d", "left_out")]
    back(skip, "d")
    assert await on_all_but(skip, "2.0.0", "d")
    assert (await converge(skip.wanted, skip.world)).brought == ("d",)
    assert await skip.serve("2.0.0")


@pytest.mark.parametrize("calls", [("ask",), ("observe", "ask")])
async def test_one_that_is_lost_under_watch_is_left_out_too(skip, calls):
    def lost_after(route):
        async def routed(*args, **more):
            await route(*args, **more)
            lose(skip.hosts["d"], *calls)

        return routed

    skip.hosts["d"].route = lost_after(skip.hosts["d"].route)
    done = await skip.deploy("2.0.0")
    assert (done.committed, done.problem) == (True, None)
    back(skip, "d")
    assert await on_all_but(skip, "2.0.0", "d")


@pytest.mark.parametrize("hosts_down", [HostsDown.QUORUM, HostsDown.SKIP])
async def test_what_was_left_open_is_gone_on_with_without_a_host_that_is_down(memory_world, hosts_down):
    chain = Chain(memory_world, replace(LIVE, hosts_down=hosts_down))
    assert (await chain.deploy("1.0.0")).committed
    await left_behind(chain, decided=0)
    lose(chain.hosts["b"], *EVERYTHING)
    done = await resume(chain.wanted, chain.world, promote=False)
    assert (done.outcome, done.problem) == ("deployed", None)
    assert [(one.host, one.outcome) for one in chain.told(HostEnded)] == [("b", "left_out")]
    back(chain, "b")
    assert await on_all_but(chain, "2.0.0", "b")
    assert (await converge(chain.wanted, chain.world)).brought == ("b",)


async def test_where_all_are_wanted_what_was_left_open_stays_so(memory_world):
    chain = Chain(memory_world, LIVE)
    assert (await chain.deploy("1.0.0")).committed
    await left_behind(chain, decided=0)
    lose(chain.hosts["b"], *EVERYTHING)
    with pytest.raises(ProblemError) as error:
        await resume(chain.wanted, chain.world, promote=False)
    assert error.value.problems[0].code == "D066"


async def test_fewer_than_most_are_not_enough(skip):
    for name in ("b", "c", "d"):
        lose(skip.hosts[name], "start")
    undone = await skip.deploy("2.0.0")
    assert (undone.committed, undone.problem.exit) == (False, Exit.UNREACHABLE)
    entries = {one.host: one.outcome for one in skip.told(HostEnded)}
    assert (entries["a"], entries["b"], entries["c"]) == ("reverted", "lost", "lost")
    for name in ("b", "c", "d"):
        back(skip, name)
    assert await skip.serve("1.0.0")


@pytest.fixture
def rolling(memory_world):
    return chain_that(memory_world, HostsDown.SKIP, strategy=Strategy.ROLLING)


async def test_a_batch_of_one_that_is_lost_is_passed_over(rolling):
    lose(rolling.hosts["b"], "route")
    assert (await rolling.deploy("2.0.0")).committed
    back(rolling, "b")
    assert await on_all_but(rolling, "2.0.0", "b")


async def test_what_a_host_refuses_is_no_loss(skip):
    skip.hosts["c"].fail("start", Problem(code="K030", what="the disk is full", fix="room", exit=Exit.REFUSED))
    undone = await skip.deploy("2.0.0")
    assert (undone.committed, undone.problem.what) == (False, "c: the disk is full")
    assert await skip.serve("1.0.0")


async def test_a_host_whose_keeper_is_newer_is_named(skip):
    skip.hosts["c"].fail("upgrade", Problem(code="K005", what="it is newer", fix="update", exit=Exit.REFUSED))
    with pytest.raises(ProblemError) as error:
        await skip.deploy("2.0.0")
    assert error.value.problems[0].what == "c: it is newer"
    assert await skip.serve("1.0.0")


async def test_without_most_hosts_there_is_no_lease_either(quorum):
    for name in ("a", "c", "e"):
        lose(quorum.hosts[name], "take")
    with pytest.raises(ProblemError) as error:
        await quorum.deploy("2.0.0")
    assert error.value.problems[0].code == "D060"
