"""Hosts taken out of the balancer by a person."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ecluse.loop.operate.balancer import drain, undrain
from ecluse.model.balanced import ServerState
from ecluse.model.balancer import Balancer, BalancerKind
from ecluse.model.events.environments import HostDrained, HostUndrained
from ecluse.model.ids import HostName
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.providers.memory.balancer import MemoryBalancer
from support.memory_chain import APP, LIVE

pytestmark = pytest.mark.looped
BALANCED = replace(LIVE, balancer=Balancer(kind=BalancerKind.NGINX, drain_within=timedelta(seconds=1)))
LB1, LB2 = HostName("lb1"), HostName("lb2")
AWAY = Problem(code="H020", what="gone", fix="start it", exit=Exit.UNREACHABLE)


@pytest.fixture
def both(memory_world):
    memory_world.balancers.update({name: MemoryBalancer(map(HostName, "abcde")) for name in (LB1, LB2)})
    return memory_world.balancers


async def refusal(call):
    with pytest.raises(ProblemError) as error:
        await call
    return error.value.problems[0].code, error.value.exit


def kinds(memory_world):
    return [type(record.event) for record in memory_world.ledger.events()]


async def test_every_balancer_is_told_and_it_is_remembered(memory_world, both):
    found = await drain(APP, BALANCED, memory_world.world, "a")
    assert {machine: seen["a"].state for machine, seen in found.machines.items()} == dict.fromkeys(
        (LB1, LB2), ServerState.DRAINED
    )
    await undrain(APP, BALANCED, memory_world.world, "a")
    assert both[LB2].calls == ["drain a", "undrain a"]
    assert kinds(memory_world) == [HostDrained, HostUndrained]


async def test_nothing_is_changed_for_a_look(memory_world, both):
    await drain(APP, BALANCED, memory_world.world, "a", apply=False)
    await undrain(APP, BALANCED, memory_world.world, "a", apply=False)
    assert (both[LB1].calls, kinds(memory_world)) == ([], [])


async def test_what_takes_too_long_is_told_and_stays_drained(memory_world, both):
    both[LB1].under_way = 2
    assert await refusal(drain(APP, BALANCED, memory_world.world, "a")) == ("D084", Exit.NEEDS_PERSON)
    assert both[LB1].drained == {"a"}


async def test_the_last_one_is_refused(memory_world, both):
    for host in "bcde":
        await drain(APP, BALANCED, memory_world.world, host)
    assert await refusal(drain(APP, BALANCED, memory_world.world, "a")) == ("D082", Exit.REFUSED)


async def test_one_balancer_that_is_away_is_told_before_the_other_is_changed(memory_world, both):
    both[LB2].fail(AWAY)
    assert await refusal(drain(APP, BALANCED, memory_world.world, "a")) == ("H020", Exit.UNREACHABLE)
    assert both[LB1].calls == []


async def test_a_host_that_is_none(memory_world, both):
    assert await refusal(drain(APP, BALANCED, memory_world.world, "f")) == ("H012", Exit.USAGE)


async def test_an_environment_without_one(memory_world):
    assert await refusal(drain(APP, LIVE, memory_world.world, "a")) == ("H025", Exit.USAGE)


async def test_a_host_that_a_deployment_has_drained_is_its_until_it_is_done(memory_world, both):
    memory_world.on(HostName("a"))._drained_by = "d-1"
    assert await refusal(drain(APP, BALANCED, memory_world.world, "a")) == ("D086", Exit.BUSY)
    assert (both[LB1].calls, kinds(memory_world)) == ([], [])
