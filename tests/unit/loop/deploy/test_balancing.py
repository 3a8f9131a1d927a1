"""Hosts that a rolling deploy takes out of the balancer, and puts back whatever comes."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from ecluse.loop.deploy.balancing import put_back
from ecluse.loop.deploy.fleet import fleet_of
from ecluse.loop.deploy.lease import held, take
from ecluse.loop.deploy.settle import settle
from ecluse.loop.monitor.status import document, look
from ecluse.loop.operate.unfinished import take_back
from ecluse.model.balancer import Balancer, BalancerKind
from ecluse.model.ids import DeploymentId, HostName
from ecluse.model.observed import SlotState
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.rollout import Rollout, Strategy
from ecluse.providers.memory.balancer import MemoryBalancer
from ecluse.providers.memory.script import unhealthy
from support.memory_chain import APP, LIVE, NAMES, Chain, lose

pytestmark = pytest.mark.looped
BALANCER = Balancer(kind=BalancerKind.HAPROXY, drain=True, drain_within=timedelta(seconds=2))
ROLLING = replace(
    LIVE, strategy=Strategy.ROLLING, rollout=Rollout(batch="2", wait=timedelta()), watch=timedelta(), balancer=BALANCER
)
AWAY = Problem(code="H020", what="HAProxy can't be asked", fix="start it", state="nothing", exit=Exit.UNREACHABLE)
LB1, LB2 = HostName("lb1"), HostName("lb2")


@pytest.fixture
def balancer(memory_world):
    """The same hosts at two machines; the first is looked at."""
    for machine in (LB1, LB2):
        memory_world.balancers[machine] = MemoryBalancer(map(HostName, NAMES))
    return memory_world.balancers[LB1]


@pytest.fixture
def chain(memory_world, balancer):
    made = Chain(memory_world, ROLLING)
    assert asyncio.run(made.deploy("1.0.0")).committed
    for one in memory_world.balancers.values():
        one.calls.clear()
    return made


async def drained_by(chain):
    seen = await chain.fleet.observe()
    return {host: one.drained_by for host, one in seen.hosts.items() if one.drained_by}


async def test_each_batch_is_out_while_it_is_worked_on(chain, balancer):
    done = await chain.deploy("2.0.0")
    assert done.committed
    assert balancer.calls == [
        *("drain a", "drain b", "undrain a", "undrain b", "drain c", "drain d", "undrain c", "undrain d"),
        *("drain e", "undrain e"),
    ]
    assert chain.memory.balancers[LB2].calls == balancer.calls
    assert [moved.detail for moved in done.timeline if moved.move == "drain"] == ["a, b", "c, d", "e"]
    assert await drained_by(chain) == {}


async def test_a_release_that_fails_its_gate_leaves_nobody_out(chain, balancer):
    chain.hosts["a"].script("2.0.0", unhealthy())
    done = await chain.deploy("2.0.0")
    assert done.problem.exit is Exit.ROLLED_BACK
    assert (balancer.drained, await drained_by(chain)) == (set(), {})
    assert balancer.calls == ["drain a", "drain b", "undrain a", "undrain b"]


async def test_what_somebody_else_drained_stays_drained(chain, balancer):
    await balancer.drain(HostName("b"))
    done = await chain.deploy("2.0.0")
    assert done.committed
    assert balancer.drained == {"b"}
    assert next(moved.detail for moved in done.timeline if moved.move == "drain") == "a; b was before"
    assert await chain.serve("2.0.0"), "it is deployed to all the same"


async def test_nobody_would_be_left(chain, balancer):
    for host in ("c", "d", "e"):
        await balancer.drain(HostName(host))
    done = await chain.deploy("2.0.0")
    assert (done.problem.code, done.committed) == ("D082", False)
    assert balancer.drained == {"c", "d", "e"}
    assert await chain.serve("1.0.0")


async def test_hosts_that_are_down_anyhow_may_be_drained(chain, balancer):
    """As before the first release serves."""
    for one in chain.memory.balancers.values():
        one.down = set(map(HostName, NAMES))
    assert (await chain.deploy("2.0.0")).committed


async def test_a_balancer_that_is_away_stops_it_before_anything_starts(chain, balancer):
    balancer.fail(AWAY)
    done = await chain.deploy("2.0.0")
    assert (done.problem.code, done.problem.exit) == ("H020", Exit.UNREACHABLE)
    assert done.problem.state == "undone on every host: what served before serves"
    assert "start" not in [moved.move for moved in done.timeline]
    assert await chain.serve("1.0.0")


async def test_one_that_falls_silent_leaves_hosts_out_which_the_next_command_puts_back(chain, balancer):
    chain.hosts["a"].script("2.0.0", unhealthy())
    original = balancer.undrain

    async def away(_):
        raise ProblemError(AWAY)

    balancer.undrain = away
    done = await chain.deploy("2.0.0")
    assert (done.problem.code, done.problem.exit) == ("D081", Exit.UNREACHABLE)
    assert done.problem.state == (
        "traffic is where it was; the new slot is stopped; the balancer gives those hosts no requests"
    )
    assert set(await drained_by(chain)) == {"a", "b"}
    balancer.undrain = original
    assert (await chain.deploy("3.0.0")).committed
    assert (balancer.drained, await drained_by(chain)) == (set(), {})


async def left_drained(chain, *hosts):
    """As a deployer leaves it that dies before anything was started."""
    lease = await take(chain.fleet, ROLLING.lease, chain.world)
    running = chain.running("2.0.0")
    for host in map(HostName, hosts):
        target = chain.hosts[host]
        await target.stage(lease.grant(), running, lambda _: None)
        await target.begin(lease.grant(), DeploymentId("d-left"), running, (await target.observe()).free)
        await target.remember_drained(lease.grant(), DeploymentId("d-left"))
        for balancer in chain.memory.balancers.values():
            await balancer.drain(host)


async def test_a_dead_deployers_hosts_are_shown_and_put_back_without_flags(chain, balancer):
    await left_drained(chain, "a", "b")
    chain.memory.clock.advance(60)
    status = await look(APP, ROLLING, chain.world)
    assert status.phase == "serving", "the hosts went back by themselves"
    assert {host.name for host in status.hosts if host.is_drained} == {"a", "b"}
    host = document((status,))["environments"][0]["hosts"][0]
    assert (host["balancers"], host["drained_by"]) == ({"lb1": "drained", "lb2": "drained"}, "d-left")
    async with held(chain.fleet, ROLLING.lease, chain.world) as lease:
        await settle(chain.fleet, lease, ROLLING, chain.world)
    assert (balancer.drained, await drained_by(chain)) == (set(), {})


async def test_an_open_deployment_that_is_taken_back_puts_them_back_too(chain, balancer):
    await left_drained(chain, "a", "b")
    chain.memory.target.gone.update({"h-1"})
    await take_back(chain.wanted, chain.world)
    assert (balancer.drained, await drained_by(chain)) == (set(), {})


async def test_a_balancer_that_is_away_is_a_note_for_whoever_has_no_need_of_it(chain, balancer):
    await left_drained(chain, "a")
    chain.memory.clock.advance(60)
    balancer.fail(AWAY, times=9)
    async with held(chain.fleet, ROLLING.lease, chain.world) as lease:
        await settle(chain.fleet, lease, ROLLING, chain.world)
    assert any("still gives a no requests" in note for _, _, note in chain.memory.reporter.heard)
    assert set(await drained_by(chain)) == {"a"}


async def test_status_goes_on_without_the_balancer(chain, balancer):
    balancer.fail(AWAY)
    status = await look(APP, ROLLING, chain.world)
    assert (status.phase, list(status.unbalanced)) == ("serving", ["lb1"])


async def test_a_host_that_is_lost_while_it_is_out_is_put_back_when_it_is_there_again(chain, balancer, memory_world):
    lose(chain.hosts["a"], "start", "abort", "give_back", times=8)
    done = await chain.deploy("2.0.0")
    assert not done.committed
    chain.hosts["a"]._failures.clear()
    chain.memory.clock.advance(60)
    async with held(fleet_of(chain.world, APP, ROLLING), ROLLING.lease, chain.world) as lease:
        await settle(chain.fleet, lease, ROLLING, chain.world)
    assert balancer.drained == set()


async def test_what_is_under_way_is_waited_for_so_long_and_told(chain, balancer):
    balancer.under_way = 3  # at each of two hosts
    done = await chain.deploy("2.0.0")
    assert done.committed
    assert "6 still under way" in next(moved.detail for moved in done.timeline if moved.move == "drain")


async def test_a_host_that_wants_its_secrets_gets_no_requests_yet(chain, balancer):
    target, release = chain.hosts["a"], next(iter((await chain.fleet.observe()).releases.values()))
    async with held(chain.fleet, ROLLING.lease, chain.memory.world, None) as lease:
        await target.remember_drained(lease.grant(), DeploymentId("d-lost"))
        await balancer.drain(HostName("a"))
        seen = await target.observe()
        waiting = tuple(replace(slot, state=SlotState.WANTS_SECRETS) for slot in seen.slots if slot.release == release)

        async def started_anew():
            return replace(seen, slots=waiting)

        target.observe = started_anew
        left = await put_back(chain.fleet, lease)
    assert (left, balancer.drained) == ({"a": "it waits for its secrets"}, {"a"})
