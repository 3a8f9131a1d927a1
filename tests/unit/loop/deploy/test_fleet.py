"""One deployment over several hosts in memory: all of them, or none, or a state that has a name."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from ecluse.ledger.memory import MemoryLedger
from ecluse.loop.deploy.lease import held, take
from ecluse.loop.deploy.settle import settle
from ecluse.loop.monitor.status import look
from ecluse.loop.operate.converge import converge
from ecluse.loop.operate.one_off import one_off
from ecluse.loop.operate.unfinished import resume, take_back
from ecluse.loop.operate.unlock import unlock
from ecluse.model.events.deployments import DeploymentCommitted, DeploymentReverted, HostEnded
from ecluse.model.events.environments import LeaseBroken
from ecluse.model.problem import Exit, ProblemError
from ecluse.model.rollout import AfterWatch, CanaryStep, Promotion, Rollout, Strategy
from ecluse.model.slot import Slot
from ecluse.providers.memory.script import unhealthy
from ecluse.providers.memory.target import MemoryTarget
from support.memory_chain import APP, EVERYTHING, GONE, LIVE, NAMES, Chain, chain_weights, left_behind, lose

pytestmark = pytest.mark.looped


@pytest.fixture
def chain(memory_world):
    """The first release serves on all hosts."""
    made = Chain(memory_world)
    assert asyncio.run(made.deploy("1.0.0")).committed
    return made


async def test_all_hosts_get_it_and_the_migration_runs_once(chain):
    assert (await chain.deploy("2.0.0")).committed
    assert await chain.serve("2.0.0")
    assert [target.calls.count("run") for target in chain.hosts.values()] == [2, 0, 0, 0, 0]
    assert len(chain.told(DeploymentCommitted)) == 2


@pytest.mark.parametrize("name", NAMES)
async def test_one_that_fails_its_gate_brings_all_back(chain, name):
    chain.hosts[name].script("2.0.0", unhealthy())
    undone = await chain.deploy("2.0.0")
    assert (undone.problem.exit, undone.committed) == (Exit.ROLLED_BACK, False)
    assert f"on {name}:" in undone.problem.evidence
    assert await chain.serve("1.0.0")
    entries = chain.told(HostEnded)
    assert [(entry.host, entry.outcome) for entry in entries] == [(host, "reverted") for host in NAMES]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("call", ["stage", "begin", "start", "route"])
async def test_one_that_refuses_a_move_brings_all_back(chain, name, call):
    chain.hosts[name].fail(call, replace(GONE, code="K030", exit=Exit.REFUSED, what="the disk is full"))
    undone = await chain.deploy("2.0.0")
    assert not undone.committed
    assert undone.problem.what == f"{name}: the disk is full"
    assert await chain.serve("1.0.0")


async def test_a_silent_host_doesn_t_delay_the_traffic_of_the_others(chain, monkeypatch):
    back, silent = asyncio.Semaphore(0), chain.hosts["e"]
    ask = silent.ask

    async def slow(slot, question):
        if (await silent.observe()).slot(slot).version == "1.0.0":  # only the undo asks the release before
            for _ in range(len(NAMES) - 1):
                await asyncio.wait_for(back.acquire(), 20)
        return await ask(slot, question)

    def told(name, route):
        async def routed(grant, weights, **more):
            await route(grant, weights, **more)
            if (await chain.versions())[name] == "1.0.0":
                back.release()

        return routed

    monkeypatch.setattr(silent, "ask", slow)
    for name in NAMES[:-1]:
        monkeypatch.setattr(chain.hosts[name], "route", told(name, chain.hosts[name].route))
    for target in chain.hosts.values():
        target.fail("decide", replace(GONE, code="K030", exit=Exit.REFUSED, what="the disk is full"))
    undone = await chain.deploy("2.0.0")
    assert not undone.committed
    assert await chain.serve("1.0.0")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.once
async def test_one_that_is_lost_during_the_undo_has_a_name_and_goes_back_alone(chain, name):
    bad = "e" if name != "e" else "d"
    rolling = Chain(chain.memory, replace(LIVE, strategy=Strategy.ROLLING, rollout=Rollout(batch="2")))
    chain.hosts[bad].script("2.0.0", unhealthy())
    lose(chain.hosts[name], "abort", times=1)
    undone = await rolling.deploy("2.0.0")
    assert (undone.problem.code, undone.problem.exit, undone.committed) == ("D062", Exit.UNREACHABLE, False)
    assert name in undone.problem.what
    assert (name, "lost") in [(entry.host, entry.outcome) for entry in chain.told(HostEnded)]
    chain.memory.clock.advance(60)
    assert await chain.serve("1.0.0")
    chain.hosts[bad].script("3.0.0", release_healthy())
    assert (await chain.deploy("3.0.0")).committed


def release_healthy():
    from ecluse.providers.memory.script import HEALTHY

    return HEALTHY


async def test_without_every_host_nothing_begins(chain):
    lose(chain.hosts["c"], *EVERYTHING)
    with pytest.raises(ProblemError) as error:
        await chain.deploy("2.0.0")
    assert (error.value.problems[0].code, error.value.exit) == ("D066", Exit.UNREACHABLE)
    assert await chain.phase() == "serving"


async def test_without_most_hosts_there_is_no_lease(chain):
    for name in ("a", "c", "e"):
        lose(chain.hosts[name], "take")
    with pytest.raises(ProblemError) as error:
        await chain.deploy("2.0.0")
    assert (error.value.problems[0].code, error.value.exit) == ("D060", Exit.UNREACHABLE)
    assert {look.lease for look in (await chain.fleet.observe()).hosts.values()} == {None}


async def test_a_host_that_misses_the_decision_is_mixed_until_it_converges(chain):
    lose(chain.hosts["d"], "decide", "commit", "abort", "forget")
    mixed = await chain.deploy("2.0.0")
    assert (mixed.committed, mixed.problem.code, mixed.problem.exit) == (True, "D064", Exit.UNREACHABLE)
    assert "d did not follow" in mixed.problem.what
    chain.memory.clock.advance(60)
    assert (await chain.versions())["d"] == "1.0.0"
    assert await chain.phase() == "mixed"
    chain.hosts["d"]._failures.clear()
    done = await converge(chain.wanted, chain.world)
    assert (done.brought, dict(done.lost)) == (("d",), {})
    assert await chain.serve("2.0.0")
    assert (await converge(chain.wanted, chain.world)).brought == ()


async def serving_different(chain, *, behind):
    """The second release is decided, and these hosts serve the first one."""
    assert (await chain.deploy("2.0.0")).committed
    lease = await take(chain.fleet, LIVE.lease, chain.world)
    for name in behind:
        await chain.hosts[name].route(lease.grant(), chain_weights((await chain.hosts[name].observe()).free))
        await chain.hosts[name].give_back(lease.grant())
    for target in chain.hosts.values():
        await target.give_back(lease.grant())


async def test_a_host_that_can_not_converge_keeps_what_it_serves(chain):
    await serving_different(chain, behind="d")
    chain.hosts["d"].fail("start", replace(GONE, code="K020", exit=Exit.REFUSED, what="the port is taken"))
    with pytest.raises(ProblemError, match="the port is taken"):
        await converge(chain.wanted, chain.world)
    assert (await chain.versions()) == {**dict.fromkeys(NAMES, "2.0.0"), "d": "1.0.0"}
    assert (await chain.hosts["d"].observe()).open is None
    assert chain.told(DeploymentReverted)[-1].serving == (await chain.fleet.observe()).serving
    assert (await converge(chain.wanted, chain.world)).brought == ("d",)


async def test_an_old_ledger_takes_no_host_back(chain):
    """It remembers the first release, and one host that serves the second one is away."""
    older = MemoryLedger(chain.memory.clock, "anne@laptop")
    older.append(*(record.event for record in chain.world.ledger.events()))
    await serving_different(chain, behind="de")
    lose(chain.hosts["c"], "observe", "take", "give_back")
    with pytest.raises(ProblemError) as error:
        await converge(chain.wanted, replace(chain.world, ledger=older))
    assert (error.value.problems[0].code, error.value.exit) == ("D075", Exit.UNREACHABLE)
    assert "bring c back" in error.value.problems[0].fix
    assert (await chain.versions())["a"] == "2.0.0"


async def test_fewer_than_most_decisions_are_none(chain):
    for name in ("a", "b", "c"):
        chain.hosts[name].fail("decide", replace(GONE, code="K030", exit=Exit.REFUSED, what="the disk is full"))
    undone = await chain.deploy("2.0.0")
    assert (undone.committed, undone.problem.code) == (False, "K030")
    assert undone.problem.state.startswith("undone")
    assert await chain.serve("1.0.0")


class Mute(MemoryTarget):
    """Writes a decision down, and is away before it answers."""

    is_mute = False

    async def decide(self, *order):
        await super().decide(*order)
        if self.is_mute:
            lose(self, "observe", "take", "renew", "route", "abort", "commit", "give_back")
            raise ProblemError(GONE)


@pytest.fixture
def mutable(memory_world):
    """The first release serves on all hosts; `mute` of them will not answer to the next decision."""
    memory_world.hosts.update({name: Mute(memory_world.clock) for name in NAMES})
    made = Chain(memory_world)
    assert asyncio.run(made.deploy("1.0.0")).committed
    return made


def mute(chain, names):
    for name in names:
        chain.hosts[name].is_mute = True


@pytest.mark.parametrize("silent", ["bcde", "cde"])
async def test_an_unanswered_decision_is_not_taken_for_a_no(mutable, silent):
    mute(mutable, silent)
    told = await mutable.deploy("2.0.0")
    assert (told.committed, told.problem.code, told.problem.exit) == (False, "D065", Exit.UNREACHABLE)
    assert "resume" not in told.problem.fix
    assert mutable.told(DeploymentReverted) == []
    for target in mutable.hosts.values():
        target._failures.clear()
    mutable.memory.clock.advance(60)
    assert await mutable.serve("2.0.0")
    await converge(mutable.wanted, mutable.world)
    assert await mutable.serve("2.0.0")
    assert [event.version for event in mutable.told(DeploymentCommitted)][1:] == ["2.0.0"]


async def test_most_answers_make_the_decision(mutable):
    mute(mutable, "de")
    mixed = await mutable.deploy("2.0.0")
    assert (mixed.committed, mixed.problem.code) == (True, "D064")


@pytest.mark.parametrize(("decided", "version"), [(2, "1.0.0"), (3, "2.0.0"), (5, "2.0.0")])
async def test_whoever_comes_next_counts_the_decisions(chain, decided, version):
    await left_behind(chain, decided)
    chain.memory.clock.advance(60)
    await chain.fleet.observe()
    async with held(chain.fleet, LIVE.lease, chain.world) as lease:
        seen = await settle(chain.fleet, lease, LIVE, chain.world)
    assert {look.open for look in seen.hosts.values()} == {None}
    versions = await chain.versions()
    assert {versions[name] for name in NAMES[:decided]} == {version}
    if decided < 5:
        assert {versions[name] for name in NAMES[decided:]} == {"1.0.0"}
    await converge(chain.wanted, chain.world)
    assert await chain.serve(version)


async def test_what_can_not_be_known_is_not_decided(chain):
    await left_behind(chain, 2)
    chain.memory.clock.advance(60)
    lose(chain.hosts["c"], "observe")
    async with held(chain.fleet, LIVE.lease, chain.world) as lease:
        with pytest.raises(ProblemError) as error:
            await settle(chain.fleet, lease, LIVE, chain.world)
    assert (error.value.problems[0].code, error.value.exit) == ("D065", Exit.UNREACHABLE)
    assert "c would know" in str(error.value)


async def test_the_generation_is_the_same_on_all_hosts_and_greater_than_any(chain):
    for _ in range(3):
        grant = await chain.hosts["d"].take(replace(chain.world.holder, id="h-other"), timedelta(seconds=1))
        await chain.hosts["d"].give_back(grant)
    lease = await take(chain.fleet, LIVE.lease, chain.world)
    assert {look.generation for look in (await chain.fleet.observe()).hosts.values()} == {lease.generation}
    assert lease.generation > grant.generation


async def test_of_two_deployers_one_has_all(chain):
    other = replace(chain.memory.world, holder=replace(chain.world.holder, id="h-2"))
    async with held(chain.fleet, LIVE.lease, chain.world):
        with pytest.raises(ProblemError) as error:
            await take(chain.fleet, LIVE.lease, other)
    assert error.value.exit is Exit.BUSY


class Slow(MemoryTarget):
    """Grants the lease, and takes its time to say so."""

    async def take(self, *order):
        granted = await super().take(*order)
        await self._clock.sleep(2)
        return granted


def slow(memory, *names):
    memory.hosts.update({name: Slow(memory.clock) for name in names})
    return Chain(memory)


async def leases(chain):
    return {host: look.lease for host, look in (await chain.fleet.observe()).hosts.items()}


async def interrupted_while_it_takes(chain, *, after):
    taking = asyncio.create_task(take(chain.fleet, LIVE.lease, chain.world))
    await chain.world.clock.sleep(after)
    taking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await taking
    assert await leases(chain) == dict.fromkeys(NAMES)


async def test_an_interrupt_gives_back_what_was_taken_so_far(memory_world):
    await interrupted_while_it_takes(slow(memory_world, "c"), after=1)


async def test_an_interrupt_while_generations_are_levelled_gives_all_back(memory_world):
    chain = slow(memory_world, "b")
    await chain.hosts["e"].evict("somebody")
    await interrupted_while_it_takes(chain, after=3)


class RefusesAgain(MemoryTarget):
    """Somebody else has it by the time that it is asked for once more."""

    async def take(self, holder, lease, generation=0):
        if generation:
            self.fail("take", replace(GONE, code="K010", exit=Exit.BUSY))
        return await super().take(holder, lease, generation)


async def test_who_is_refused_while_generations_are_levelled_holds_nothing(memory_world):
    memory_world.hosts["a"] = RefusesAgain(memory_world.clock)
    chain = Chain(memory_world)
    await chain.hosts["e"].evict("somebody")
    with pytest.raises(ProblemError, match="K010"):
        await take(chain.fleet, LIVE.lease, chain.world)
    assert await leases(chain) == dict.fromkeys(NAMES)


async def test_who_waits_comes_in_turn(chain):
    order = []

    async def visit(name, *, stays):
        world = replace(chain.world, holder=replace(chain.world.holder, id=name))
        async with held(chain.fleet, LIVE.lease, world, timedelta(minutes=5)):
            order.append(name)
            await chain.world.clock.sleep(stays)

    visits = []
    for name in ("h-1", "h-2", "h-3"):
        visits.append(asyncio.create_task(visit(name, stays=3)))
        await chain.world.clock.sleep(0.5)
    await asyncio.gather(*visits)
    assert order == ["h-1", "h-2", "h-3"]


async def test_to_converge_stands_in_line_too(chain):
    await serving_different(chain, behind="d")
    other = replace(chain.world, holder=replace(chain.world.holder, id="h-2"))
    async with held(chain.fleet, LIVE.lease, other):
        with pytest.raises(ProblemError) as error:
            await converge(chain.wanted, chain.world)
        assert error.value.exit is Exit.BUSY
        waiting = asyncio.create_task(converge(chain.wanted, chain.world, timedelta(minutes=5)))
        await chain.world.clock.sleep(3)
    assert (await waiting).brought == ("d",)


async def test_whoever_must_level_the_generations_keeps_its_turn(chain):
    """The first host, which keeps the line, was away for some generations."""
    order = []

    async def visit(name):
        world = replace(chain.world, holder=replace(chain.world.holder, id=name))
        async with held(chain.fleet, LIVE.lease, world, timedelta(minutes=5)) as lease:
            order.append((name, lease.generation))
            await chain.world.clock.sleep(1)

    async with held(chain.fleet, LIVE.lease, replace(chain.world, holder=replace(chain.world.holder, id="h-0"))):
        visits = []
        for name in ("h-1", "h-2"):
            visits.append(asyncio.create_task(visit(name)))
            await chain.world.clock.sleep(0.5)
    for host in NAMES[1:]:
        for _ in range(3):
            await chain.hosts[host].evict("somebody")
    before = (await chain.hosts[NAMES[-1]].observe()).generation
    await asyncio.gather(*visits)
    (first, its_generation), (second, next_generation) = order
    assert (first, second) == ("h-1", "h-2")
    assert before < its_generation < next_generation


async def test_an_evicted_deployer_gives_no_order(chain):
    async with held(chain.fleet, LIVE.lease, chain.world) as lease:
        evicted = (await unlock(APP, LIVE, chain.world, "the runner died")).evicted
        assert set(evicted) == set(NAMES)
        with pytest.raises(ProblemError) as error:
            await chain.hosts["a"].stop(lease.grant(), Slot.BLUE)
    assert error.value.exit is Exit.BUSY
    (event,) = chain.told(LeaseBroken)
    assert (event.why, "anne@here" in event.evicted) == ("the runner died", True)
    assert (await unlock(APP, LIVE, chain.world)).evicted == {}


MANUAL = replace(
    LIVE,
    strategy=Strategy.CANARY,
    rollout=Rollout(promote=Promotion.MANUAL, canary=(CanaryStep(weight=10, lasts=timedelta(seconds=1)),)),
)


async def waiting(memory):
    chain = Chain(memory, MANUAL)
    assert (await chain.deploy("1.0.0")).committed or (await resume(chain.wanted, chain.world, promote=True))
    held_back = await chain.deploy("2.0.0")
    assert (held_back.held, held_back.problem, held_back.committed) == (True, None, False)
    weights = {target.slots.weights[Slot.GREEN] for target in chain.hosts.values()}
    assert weights == {10}
    return chain


async def test_a_canary_waits_for_a_person_longer_than_any_lease(memory_world):
    chain = await waiting(memory_world)
    memory_world.clock.advance(600)
    assert await chain.phase() == "waiting"
    with pytest.raises(ProblemError) as error:
        await chain.deploy("3.0.0")
    assert (error.value.problems[0].code, error.value.exit) == ("D067", Exit.BUSY)
    promoted = await resume(chain.wanted, chain.world, promote=True)
    assert (promoted.outcome, promoted.version) == ("deployed", "2.0.0")
    assert await chain.serve("2.0.0")


async def test_to_resume_is_not_to_promote(memory_world):
    chain = await waiting(memory_world)
    with pytest.raises(ProblemError, match="D067") as error:
        await resume(chain.wanted, chain.world, promote=False)
    assert "`ecluse promote live`" in error.value.problems[0].fix
    assert await chain.phase() == "waiting"
    assert {target.slots.weights[Slot.GREEN] for target in chain.hosts.values()} == {10}


async def test_a_waiting_that_was_left_half_made_is_made_on_all_hosts(memory_world):
    chain = await waiting(memory_world)
    for name in "ad":  # as if the order to hold had not reached them
        opened = chain.hosts[name]._open
        chain.hosts[name]._open = replace(opened, held=None, last_move="route")
    await take(chain.fleet, LIVE.lease, chain.world)
    resumed = await resume(chain.wanted, chain.world, promote=False)
    assert (resumed.outcome, [moved.move for moved in resumed.timeline]) == ("waiting", ["hold"])
    memory_world.clock.advance(600)
    assert {bool(look.open and look.open.held) for look in (await chain.fleet.observe()).hosts.values()} == {True}
    assert (await resume(chain.wanted, chain.world, promote=True)).outcome == "deployed"


async def test_a_promotion_that_was_left_is_gone_on_with(memory_world):
    chain = await waiting(memory_world)
    lease = await take(chain.fleet, LIVE.lease, chain.world)
    await chain.hosts["b"].route(lease.grant(), chain_weights(Slot.GREEN))
    assert (await resume(chain.wanted, chain.world, promote=False)).outcome == "deployed"
    assert await chain.serve("2.0.0")


async def test_what_nobody_promotes_is_undone(memory_world):
    chain = await waiting(memory_world)
    memory_world.clock.advance(4000)
    assert await chain.serve("1.0.0")
    assert await chain.phase() == "serving"


async def test_a_canary_is_taken_back(memory_world):
    chain = await waiting(memory_world)
    opened = await take_back(chain.wanted, chain.world)
    assert opened.version == "2.0.0"
    assert await chain.serve("1.0.0")
    with pytest.raises(ProblemError, match="D071"):
        await take_back(chain.wanted, chain.world)


async def test_a_host_that_an_undo_could_not_reach_is_told_of(memory_world):
    chain = await waiting(memory_world)
    lose(chain.hosts["c"], *EVERYTHING)
    with pytest.raises(ProblemError, match="D062") as error:
        await take_back(chain.wanted, chain.world)
    problem = error.value.problems[0]
    assert (problem.exit, "could not reach c" in problem.what) == (Exit.UNREACHABLE, True)
    assert "`promote_within` is over" in problem.state
    with pytest.raises(ProblemError, match="D071") as error:
        await take_back(chain.wanted, chain.world)
    assert (error.value.exit, "c: no route to host" in error.value.problems[0].evidence) == (Exit.UNREACHABLE, True)
    chain.hosts["c"]._failures.clear()
    assert (await take_back(chain.wanted, chain.world)).version == "2.0.0"
    assert {look.open for look in (await chain.fleet.observe()).hosts.values()} == {None}
    assert {target.slots.weights[Slot.BLUE] for target in chain.hosts.values()} == {100}


async def test_what_is_over_on_some_hosts_is_not_gone_on_with(chain):
    """The others are taken back, and all of them get it again."""
    await left_behind(chain, 2)
    chain.memory.clock.advance(60)
    await chain.fleet.observe()
    with pytest.raises(ProblemError, match="D076") as error:
        await resume(chain.wanted, chain.world, promote=False)
    assert (error.value.exit, "c, d, e" in str(error.value)) == (Exit.REFUSED, True)
    assert [(await chain.versions())[name] for name in "abc"] == ["2.0.0", "2.0.0", "1.0.0"]
    await take_back(chain.wanted, chain.world)
    assert await chain.serve("1.0.0")


async def test_what_is_being_undone_is_not_gone_on_with(chain):
    await left_behind(chain, 0)
    chain.hosts["d"]._open = replace(chain.hosts["d"]._open, last_move="abort", done=False)
    with pytest.raises(ProblemError, match="D076") as error:
        await resume(chain.wanted, chain.world, promote=False)
    assert error.value.problems[0].evidence == ("d: it is being undone there",)
    assert not any("decide" in target.calls[-3:] for target in chain.hosts.values())


async def test_what_one_host_still_waits_with_is_not_promoted(memory_world):
    chain = await waiting(memory_world)
    lose(chain.hosts["c"], *EVERYTHING)
    with pytest.raises(ProblemError, match="D062"):
        await take_back(chain.wanted, chain.world)
    chain.hosts["c"]._failures.clear()
    with pytest.raises(ProblemError, match="D076") as error:
        await resume(chain.wanted, chain.world, promote=True)
    assert "a: taken back by anne@here" in error.value.problems[0].evidence


async def test_a_batch_whose_counts_don_t_tell_waits_on_every_host(memory_world):
    rollout = Rollout(batch="2", wait=timedelta(seconds=1), inconclusive=AfterWatch.HOLD)
    chain = Chain(memory_world, replace(LIVE, strategy=Strategy.ROLLING, rollout=rollout))
    assert (await chain.deploy("1.0.0")).held
    memory_world.clock.advance(600)
    assert {look.open is not None for look in (await chain.fleet.observe()).hosts.values()} == {True}
    for promoted in ("waiting", "waiting", "deployed"):
        done = await resume(chain.wanted, chain.world, promote=True)
        assert done.outcome == promoted
    assert await chain.serve("1.0.0")


async def test_a_batch_that_serves_is_not_started_again(chain):
    """Its deployer died after the first batch."""
    rolling = Chain(chain.memory, replace(LIVE, strategy=Strategy.ROLLING, rollout=Rollout(batch="2")))
    running = rolling.running("2.0.0")
    lease = await take(chain.fleet, LIVE.lease, chain.world)
    for name, target in chain.hosts.items():
        running = replace(running, environment=rolling.environment.on(name))
        await target.begin(lease.grant(), "d-left", running, Slot.GREEN, "ship")
        if name in "ab":
            await target.start(lease.grant(), running, Slot.GREEN)
        if name == "a":
            await target.route(lease.grant(), chain_weights(Slot.GREEN))
        target.calls.clear()
    assert (await resume(rolling.wanted, chain.world, promote=False)).outcome == "deployed"
    assert await chain.serve("2.0.0")
    assert [(target.calls.count("stop"), target.calls.count("start")) for target in chain.hosts.values()] == [
        *[(0, 0)] * 2, *[(0, 1)] * 3,
    ]  # fmt: skip


async def test_a_promotion_that_was_left_starts_nothing_twice(memory_world):
    """What the journal says is left is from before the promotion."""
    rollout = Rollout(batch="3", wait=timedelta(seconds=1), inconclusive=AfterWatch.HOLD)
    chain = Chain(memory_world, replace(LIVE, watch=timedelta(), strategy=Strategy.ROLLING, rollout=rollout))
    assert (await chain.deploy("1.0.0")).held
    lease = await take(chain.fleet, LIVE.lease, chain.world)
    await chain.hosts["d"].start(lease.grant(), chain.running("1.0.0"), Slot.BLUE)
    assert (await resume(chain.wanted, chain.world, promote=True)).outcome == "deployed"
    assert {target.calls.count("start") for target in chain.hosts.values()} == {1}


async def test_a_host_that_had_not_begun_joins_the_others(chain):
    running = chain.running("2.0.0")
    lease = await take(chain.fleet, LIVE.lease, chain.world)
    for name in "ab":
        await chain.hosts[name].begin(lease.grant(), "d-left", running, Slot.GREEN, "ship")
    assert (await resume(chain.wanted, chain.world, promote=False)).outcome == "deployed"
    assert await chain.serve("2.0.0")
    assert {look.finished[-1].id for look in (await chain.fleet.observe()).hosts.values()} == {"d-left"}


@pytest.mark.parametrize("made", ["begin", "route"])
async def test_a_rollback_that_was_left_is_gone_on_with_as_one(memory_world, made):
    """The release is warm: nothing is migrated, started, watched, or waited for."""
    chain = Chain(memory_world, replace(LIVE, rollout=Rollout(promote=Promotion.MANUAL)))
    for version in ("1.0.0", "2.0.0"):
        assert (await chain.deploy(version)).held
        await resume(chain.wanted, chain.world, promote=True)
    lease = await take(chain.fleet, LIVE.lease, chain.world)
    for target in chain.hosts.values():
        await target.begin(lease.grant(), "d-left", chain.running("1.0.0"), Slot.BLUE, "rollback")
        if made == "route":
            await target.route(lease.grant(), chain_weights(Slot.BLUE))
        target.calls.clear()
    done = await resume(chain.wanted, chain.world, promote=False)
    assert [moved.move for moved in done.timeline] == ["gate", "shift", "decide", "commit"]
    assert await chain.serve("1.0.0")
    assert not any({"run", "start", "stop"} & set(target.calls) for target in chain.hosts.values())


async def test_hosts_that_were_added_or_taken_out_while_it_waited(memory_world):
    rollout = Rollout(batch="4", wait=timedelta(seconds=1), inconclusive=AfterWatch.HOLD)
    environment = replace(LIVE, watch=timedelta(), strategy=Strategy.ROLLING, rollout=rollout)
    assert (await Chain(memory_world, environment).deploy("1.0.0")).held
    more = Chain(memory_world, replace(environment, hosts=(*LIVE.hosts, "keeper:f")))
    with pytest.raises(ProblemError, match="D076") as error:
        await resume(more.wanted, more.world, promote=True)
    assert "f: it had not begun there" in error.value.problems[0].evidence
    fewer = Chain(memory_world, replace(environment, hosts=LIVE.hosts[:4]))
    assert (await resume(fewer.wanted, fewer.world, promote=True)).outcome == "deployed"


async def test_what_converge_left_is_its_own_to_repeat(chain):
    lease = await take(chain.fleet, LIVE.lease, chain.world)
    await chain.hosts["c"].begin(lease.grant(), "d-left", chain.running("1.0.0"), Slot.GREEN, "converge")
    with pytest.raises(ProblemError, match="D077"):
        await resume(chain.wanted, chain.world, promote=False)


async def committed_on(chain, name):
    """The deployer that is gone had got as far as the first commit."""
    grant = await chain.hosts[name].take(chain.world.holder, LIVE.lease)
    await chain.hosts[name].commit(grant, "d-left", timedelta(minutes=10))


@pytest.mark.parametrize("committed", [(), ("a",), ("a", "b", "c")])
async def test_what_most_had_decided_is_not_taken_back(chain, committed):
    await left_behind(chain, 3)
    for name in committed:
        await committed_on(chain, name)
    with pytest.raises(ProblemError, match="D078") as error:
        await take_back(chain.wanted, chain.world)
    assert error.value.exit is Exit.REFUSED
    assert await chain.serve("2.0.0")
    assert {look.open for look in (await chain.fleet.observe()).hosts.values()} == {None}
    assert not any("abort" in target.calls for target in chain.hosts.values())


@pytest.mark.parametrize("committed", [(), ("a",), ("a", "b", "c")])
async def test_what_most_had_decided_is_finished_without_a_question(chain, committed):
    await left_behind(chain, 3)
    for name in committed:
        await committed_on(chain, name)
    for target in chain.hosts.values():
        target.ill.update(Slot)
        target.calls.clear()
    done = await resume(chain.wanted, chain.world, promote=False)
    assert (done.outcome, done.version, done.problem) == ("deployed", "2.0.0", None)
    assert await chain.serve("2.0.0")
    assert {look.open for look in (await chain.fleet.observe()).hosts.values()} == {None}
    assert not any({"ask", "start", "run"} & set(target.calls) for target in chain.hosts.values())


class DecidesAlone(MemoryTarget):
    """Commits by itself while we take it back: another one counted the decisions, or it was alone."""

    async def route(self, grant, weights, *, sticky=False):
        await super().route(grant, weights, sticky=sticky)
        if self._open and self._open.id == "d-left" and weights.of(self._open.slot) == 0:
            await super().route(grant, chain_weights(self._open.slot))
            self._commit(timedelta(minutes=10))


class CommitsFirst(MemoryTarget):
    """Between our last look and our order."""

    async def route(self, grant, weights, *, sticky=False):
        if self._open is None or self._open.id != "d-left" or weights.of(self._open.slot):
            await super().route(grant, weights, sticky=sticky)

    async def abort(self, *order, **how):
        self._commit(timedelta(minutes=10))
        return await super().abort(*order, **how)


@pytest.mark.parametrize("alone", [DecidesAlone, CommitsFirst])
async def test_what_is_committed_by_the_time_of_an_undo_is_told_with_what_it_serves(memory_world, alone):
    memory_world.hosts["c"] = alone(memory_world.clock)
    chain = Chain(memory_world)
    assert (await chain.deploy("1.0.0")).committed
    await left_behind(chain, 0)
    with pytest.raises(ProblemError, match="D079") as error:
        await take_back(chain.wanted, chain.world)
    problem = error.value.problems[0]
    assert (problem.exit, problem.evidence) == (Exit.NEEDS_PERSON, ("c: serves 2.0.0: it was committed",))
    assert (await chain.versions()) == {**dict.fromkeys(NAMES, "1.0.0"), "c": "2.0.0"}


async def test_a_host_whose_journal_forgot_the_deployment_is_not_called_undone(chain):
    lose(chain.hosts["b"], "start", times=1)
    undone = asyncio.create_task(chain.deploy("2.0.0"))
    target = chain.hosts["d"]
    while "start" not in target.calls[-2:] and not undone.done():  # noqa: ASYNC110 the loop under test turns meanwhile
        await asyncio.sleep(0)
    target._open, target.slots.weights = None, {Slot.BLUE: 0, Slot.GREEN: 100}
    problem = (await undone).problem
    assert (problem.code, problem.exit) == ("D079", Exit.NEEDS_PERSON)
    assert "d: serves 2.0.0, and its journal knows nothing of the deployment" in problem.evidence
    assert {one.host: one.outcome for one in chain.told(HostEnded)} == {
        **dict.fromkeys(NAMES, "reverted"), "d": "over",
    }  # fmt: skip
    assert chain.told(DeploymentReverted) == []


async def test_a_host_that_can_not_write_its_route_down_is_undone_all_the_same(memory_world):
    chain = await waiting(memory_world)
    chain.hosts["c"].fail("route", replace(GONE, code="K030", exit=Exit.REFUSED, what="the disk is full"))
    assert (await take_back(chain.wanted, chain.world)).version == "2.0.0"
    assert await chain.serve("1.0.0")


async def test_all_that_an_undo_could_not_do_is_told(memory_world):
    """One host is ill, another away."""
    chain = await waiting(memory_world)
    lose(chain.hosts["c"], *EVERYTHING)
    chain.hosts["a"].ill.add(Slot.BLUE)
    with pytest.raises(ProblemError, match="D063") as error:
        await take_back(chain.wanted, chain.world)
    assert "could not reach c; not undone on a" in error.value.problems[0].what


async def test_what_is_finished_names_the_hosts_that_went_back(chain):
    await left_behind(chain, 3)
    chain.memory.clock.advance(60)
    await chain.fleet.observe()
    lose(chain.hosts["d"], *EVERYTHING)
    done = await resume(chain.wanted, chain.world, promote=False)
    assert (done.outcome, done.problem.code, done.exit) == ("mixed", "D064", Exit.UNREACHABLE)
    assert "d, e did not follow" in done.problem.what
    assert [(await chain.versions()).get(name) for name in NAMES] == [*["2.0.0"] * 3, None, "1.0.0"]


@pytest.mark.parametrize("command", [take_back, lambda *given: resume(*given, promote=False)])
async def test_what_may_have_been_decided_is_left_alone(chain, command):
    await left_behind(chain, 2)
    lose(chain.hosts["c"], "observe")
    with pytest.raises(ProblemError, match="D065"):
        await command(chain.wanted, chain.world)
    assert not any({"abort", "commit"} & set(target.calls[-9:]) for target in chain.hosts.values())


async def test_what_was_left_unfinished_can_be_gone_on_with(chain):
    await left_behind(chain, 0)
    with pytest.raises(ProblemError, match="D072"):
        await resume(chain.wanted, chain.world, promote=True)
    gone_on = await resume(chain.wanted, chain.world, promote=False)
    assert (gone_on.outcome, gone_on.version) == ("deployed", "2.0.0")
    assert await chain.serve("2.0.0")
    assert [moved.move for moved in gone_on.timeline][-2:] == ["decide", "commit"]


async def test_status_is_json(chain):
    from ecluse.loop.monitor.status import document

    shown = document((await look(APP, LIVE, chain.world),))
    assert json.loads(json.dumps(shown))["environments"][0]["hosts"][4]["version"] == "1.0.0"


@pytest.mark.parametrize(("silent", "stays"), [(2, True), (3, False)])
async def test_a_lease_lives_as_long_as_most_hosts_renew_it(chain, silent, stays):
    async with held(chain.fleet, LIVE.lease, chain.world) as lease:
        for name in NAMES[:silent]:
            lose(chain.hosts[name], "renew", times=500)
        await chain.world.clock.sleep(3 * LIVE.lease.total_seconds())
        if stays:
            assert lease.grant().generation == lease.generation
        else:
            with pytest.raises(ProblemError, match="D010"):
                lease.grant()


@pytest.mark.parametrize(("taken", "stays"), [(2, True), (3, False)])
async def test_a_lease_that_most_hosts_gave_to_another_is_over(chain, taken, stays):
    other = replace(chain.world.holder, id="h-other")
    async with held(chain.fleet, LIVE.lease, chain.world) as lease:
        for name in NAMES[:taken]:
            await chain.hosts[name].evict("anne")
            await chain.hosts[name].take(other, timedelta(minutes=5))
        await chain.world.clock.sleep(LIVE.lease.total_seconds())
        if stays:
            assert lease.grant().generation == lease.generation
        else:
            with pytest.raises(ProblemError, match="K011"):
                lease.grant()


async def test_a_lost_host_is_told_with_the_state_of_the_others(chain):
    lose(chain.hosts["c"], "start", "abort", times=2)
    problem = (await chain.deploy("2.0.0")).problem
    assert (problem.code, problem.exit) == ("D062", Exit.UNREACHABLE)
    assert "undone on the other hosts" in problem.state


class Working(MemoryTarget):
    """Its one-off commands don't end."""

    async def run(self, *_order, **_how):
        self.calls.append("run")
        await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("reached", "said"),
    [(True, "`sleep 47` was ended"), (False, "`sleep 47` may still run on a, which could not be told to end it")],
)
async def test_an_interrupted_one_off_command_is_ended_or_said_to_run_on(memory_world, reached, said):
    target = memory_world.hosts["a"] = Working(memory_world.clock)
    chain = Chain(memory_world)
    running = chain.running("1.0.0")
    lease = await take(chain.fleet, LIVE.lease, chain.world)
    for one in chain.hosts.values():
        await one.start(lease.grant(), running, Slot.BLUE)
        await one.route(lease.grant(), chain_weights(Slot.BLUE))
        await one.give_back(lease.grant())
    task = asyncio.create_task(one_off(chain.wanted, ("sleep", "47"), timedelta(minutes=10), chain.world))
    while "run" not in target.calls and not task.done():  # noqa: ASYNC110 the loop under test turns meanwhile
        await asyncio.sleep(0)
    if not reached:
        lose(target, "give_up")
    task.cancel()
    with pytest.raises(ProblemError, match=said) as error:
        await task
    assert "give_up" in target.calls
    assert await leases(chain) == dict.fromkeys(NAMES)
    assert (error.value.problems[0].code, error.value.exit) == ("D035", Exit.INTERRUPTED)
