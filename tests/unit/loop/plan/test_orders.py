"""A dry run's orders are those that are given afterwards, and reach nobody."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ecluse import assembly
from ecluse.loop.deploy.wanted import Wanted
from ecluse.loop.operate.converge import converge
from ecluse.loop.operate.rollback import rollback, would_go_to
from ecluse.loop.operate.stop import stop
from ecluse.loop.operate.unfinished import resume, take_back
from ecluse.loop.plan.orders import orders_of, orders_of_ship, orders_of_stop, orders_of_verb
from ecluse.loop.ship import ShipOrder
from ecluse.model.balancer import Balancer, BalancerKind
from ecluse.model.problem import ProblemError
from ecluse.model.rollout import CanaryStep, Promotion, Rollout, Strategy
from ecluse.model.slot import Slot, Weights
from ecluse.providers.memory.balancer import MemoryBalancer
from ecluse.testing.world import HOLDER
from support.memory_chain import APP, LIVE, Chain, left_behind

pytestmark = pytest.mark.looped
READS = {"observe", "require_port", "ask", "flaw", "look", "renew", "upgrade", "wake"}
CANARY = Rollout(canary=tuple(CanaryStep(weight=weight, lasts=timedelta(seconds=2)) for weight in (5, 50)))
WAYS = {
    "at once": LIVE,
    "by batches": replace(LIVE, strategy=Strategy.ROLLING, rollout=Rollout(batch="2", wait=timedelta(seconds=2))),
    "canary": replace(LIVE, strategy=Strategy.CANARY, rollout=CANARY),
    "with downtime": replace(LIVE, strategy=Strategy.RECREATE),
    "by a person": replace(LIVE, rollout=Rollout(promote=Promotion.MANUAL)),
}


def told(found):
    return {host: [one.order for one in orders] for host, orders in found.sent.items()}


def given(chain):
    """What the targets were ordered since the last question."""
    found = {host: [call for call in target.calls if call not in READS] for host, target in chain.hosts.items()}
    for target in chain.hosts.values():
        target.calls.clear()
    return found


def nothing(chain):
    return {host: [] for host in chain.hosts}


@pytest.mark.parametrize("way", WAYS)
async def test_the_orders_of_a_deploy_are_those_that_are_given_then(memory_world, way):
    await Chain(memory_world).deploy("1.0.0")
    chain = Chain(memory_world, WAYS[way])
    events, running = len(list(memory_world.ledger.events())), chain.running("2.0.0")
    kept = memory_world.ledger.state().releases[running.release.id]
    given(chain)
    found = await orders_of(chain.wanted, kept, assembly.rehearsal(chain.world), "ship")
    assert (found.problem, given(chain)) == (None, nothing(chain))
    assert len(list(memory_world.ledger.events())) == events + 1  # of `running` alone
    await chain.deploy("2.0.0")
    assert told(found) == given(chain)


async def test_a_balancer_is_told_nothing_either(memory_world):
    balancer = Balancer(kind=BalancerKind.HAPROXY, drain=True, drain_within=timedelta(seconds=2))
    memory_world.balancers["lb"] = real = MemoryBalancer(LIVE.host_names)
    await Chain(memory_world).deploy("1.0.0")
    chain = Chain(memory_world, replace(WAYS["by batches"], balancer=balancer))
    running = chain.running("2.0.0")
    kept = memory_world.ledger.state().releases[running.release.id]
    found = await orders_of(chain.wanted, kept, assembly.rehearsal(chain.world), "ship")
    assert (found.problem, real.calls) == (None, [])
    await chain.deploy("2.0.0")
    assert [f"{one.order} {one.detail}" for one in found.sent["lb"]] == [
        f"{call} at the balancer" for call in real.calls
    ]
    assert len(real.calls) == 2 * len(chain.hosts)


async def test_what_is_not_built_yet_is_told_too(memory_world):
    memory_world.toolchain = NoInterpreters()
    chain = Chain(memory_world)
    order = ShipOrder(wanted=chain.wanted, commit="c" * 40)
    found = await orders_of_ship(order, "1.0.0", assembly.rehearsal(chain.world))
    stage = next(one for one in found.sent["a"] if one.order == "stage")
    assert stage.detail == "1.0.0; what is lacking there is known when it is built"
    assert [one.detail for one in found.sent["b"] if one.order == "start"] == ["web in blue"]


class NoInterpreters:
    def interpreters(self):
        return ()


async def test_the_orders_of_a_rollback_and_of_a_stop(memory_world):
    chain = Chain(memory_world)
    await chain.deploy("1.0.0")
    await chain.deploy("2.0.0")
    given(chain)
    back, _ = await would_go_to(chain.wanted, chain.world)
    found = await orders_of(chain.wanted, back, assembly.rehearsal(chain.world), "rollback")
    assert given(chain) == nothing(chain)
    await rollback(chain.wanted, chain.world)
    assert told(found) == given(chain)
    found = await orders_of_stop(Wanted(app=APP, environment=LIVE), assembly.rehearsal(chain.world))
    assert given(chain) == nothing(chain)
    await stop(APP, LIVE, chain.world)
    assert told(found) == given(chain)
    assert found.sent["a"][1].detail == "1.0.0 and 2.0.0 drained and stopped, the keeper ended"


async def test_what_was_left_open_is_undone_first(memory_world):
    chain = Chain(memory_world)
    await chain.deploy("1.0.0")
    await left_behind(chain, decided=0)
    await memory_world.clock.sleep(LIVE.lease.total_seconds() / 2)
    kept = next(iter(memory_world.ledger.state().releases.values()))
    found = await orders_of(chain.wanted, kept, assembly.rehearsal(chain.world), "rollback")
    assert [one.order for one in found.sent["a"]][:3] == ["take", "route", "abort"]
    assert [bool((await target.observe()).open) for target in chain.hosts.values()] == [True] * 5


OF_OPEN = {
    "promote": lambda chain: lambda world: resume(chain.wanted, world, promote=True),
    "undo": lambda chain: lambda world: take_back(chain.wanted, world),
}


@pytest.mark.parametrize("verb", OF_OPEN)
async def test_the_orders_for_what_waits_for_a_person_are_those_that_are_given_then(memory_world, verb):
    await Chain(memory_world).deploy("1.0.0")
    chain = Chain(memory_world, WAYS["by a person"])
    assert (await chain.deploy("2.0.0")).held
    given(chain)
    events, act = len(list(memory_world.ledger.events())), OF_OPEN[verb](chain)
    found = await orders_of_verb(act, assembly.rehearsal(chain.world))
    assert (found.problem, given(chain)) == (None, nothing(chain))
    assert len(list(memory_world.ledger.events())) == events
    await act(chain.world)
    assert told(found) == given(chain)


async def test_a_verb_that_refuses_at_once_refuses_in_a_dry_run_too(memory_world):
    chain = Chain(memory_world)
    await chain.deploy("1.0.0")
    with pytest.raises(ProblemError, match="D071"):
        await orders_of_verb(lambda world: take_back(chain.wanted, world), assembly.rehearsal(chain.world))


async def test_the_orders_of_a_converge_are_for_the_host_that_is_behind(memory_world):
    chain = Chain(memory_world)
    await chain.deploy("1.0.0")
    host, other = chain.hosts["e"], replace(chain.running("2.0.0"), environment=LIVE.on("e"))
    grant = await host.take(HOLDER, LIVE.lease)
    await host.start(grant, other, Slot.GREEN)
    await host.route(grant, Weights.all_to(Slot.GREEN))
    await host.give_back(grant)
    given(chain)
    found = await orders_of_verb(lambda world: converge(chain.wanted, world), assembly.rehearsal(chain.world))
    assert given(chain) == nothing(chain)
    await converge(chain.wanted, chain.world)
    assert told(found) == given(chain)
