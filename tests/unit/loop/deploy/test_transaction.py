"""A deployment on a target in memory: committed, or everything as it was."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from ecluse.ledger.memory import MemoryLedger
from ecluse.loop.deploy.deploy import deploy
from ecluse.loop.deploy.fleet import fleet_of
from ecluse.loop.deploy.lease import held
from ecluse.loop.deploy.settle import settle
from ecluse.loop.deploy.wanted import Settings, Wanted
from ecluse.loop.monitor.status import look
from ecluse.model.app import App, Health
from ecluse.model.events.deployments import DeploymentCommitted, DeploymentReverted, DeploymentStuck
from ecluse.model.observed import SlotState
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.secret import Secret
from ecluse.model.slot import Slot
from ecluse.ports.target import Answered
from ecluse.providers.memory.script import Behaviour, exiting, flapping, migrating_badly, silent, unhealthy
from ecluse.providers.memory.target import MemoryTarget
from ecluse.testing.releases import WEB, release_of

pytestmark = pytest.mark.looped
HEALTH = Health(path="/health", timeout=timedelta(seconds=5))
SETTINGS = Settings()
MOVES = ["stage", "begin", "start", "gate", "shift", "watch", "decide", "commit"]
APP = App(name="example", processes=(replace(WEB, health=HEALTH),))
GOOD = (Answered(status=200, headers={"x-release": "2.0.0"}, body=b"2.0.0"),)
BAD = Answered(status=500)
LOST = Problem(code="K001", what="the keeper is gone", fix="again", exit=Exit.UNREACHABLE)
SUPERSEDED = Problem(code="K011", what="superseded", fix="look", exit=Exit.BUSY)


async def deployed(memory, version, app=APP, settings=SETTINGS):
    running = release_of(version, *app.processes)
    wanted = Wanted(app=app, environment=running.environment, settings=settings)
    fleet = fleet_of(memory.world, app, running.environment)
    async with held(fleet, running.environment.lease, memory.world) as lease:
        await settle(fleet, lease, running.environment, memory.world)
        return await deploy(wanted, running.release, running.bundle, fleet, lease, memory.world, verb="ship")


def told(memory, kind):
    return [record.event for record in memory.ledger.events() if isinstance(record.event, kind)]


async def serving(memory):
    seen = await memory.target.observe()
    return seen.slot(seen.serving).version if seen.serving else None


async def test_a_healthy_release_serves(memory_world):
    done = await deployed(memory_world, "1.0.0")
    assert done.committed
    assert [moved.move for moved in done.timeline] == MOVES
    assert await serving(memory_world) == "1.0.0"
    assert (await memory_world.target.observe()).lease is None


async def test_the_second_release_leaves_the_first_one_warm(memory_world):
    await deployed(memory_world, "1.0.0")
    await deployed(memory_world, "2.0.0")
    seen = await memory_world.target.observe()
    assert (seen.serving, seen.slot(Slot.BLUE).state) == (Slot.GREEN, SlotState.LAME)
    assert [event.version for event in told(memory_world, DeploymentCommitted)] == ["1.0.0", "2.0.0"]


@pytest.mark.parametrize(
    "bad",
    [
        unhealthy(log=("boom",)),
        flapping(200, 500, 200, 500, 200, 500, 200, 500, 500),
        silent(),
        exiting(log=("Traceback",)),
        exiting(after=0.3),
        Behaviour(answers=(Answered(status=200, headers={"x-release": "1.0.0"}),), exits_after=0.1),
    ],
)
async def test_a_bad_release_never_gets_traffic(memory_world, bad):
    await deployed(memory_world, "1.0.0")
    memory_world.target.script("2.0.0", bad)
    memory_world.target.calls.clear()
    undone = await deployed(memory_world, "2.0.0")
    assert not undone.committed
    assert undone.problem.exit is Exit.ROLLED_BACK
    assert undone.problem.evidence
    assert "route" not in memory_world.target.calls
    assert await serving(memory_world) == "1.0.0"
    (event,) = told(memory_world, DeploymentReverted)
    assert (event.version, event.why) == ("2.0.0", f"{undone.problem.what}: {undone.problem.evidence[0]}")
    assert (undone.answered, event.requests) == (None, None)
    assert [moved.move for moved in undone.timeline][-2:] == ["gate", "undo"]


LEAKS = ("can't reach redis://:s3cret-token@cache",)


@pytest.mark.parametrize(
    "bad",
    [
        exiting(log=LEAKS),
        unhealthy(log=LEAKS),
        Behaviour(answers=(Answered(status=500, body=LEAKS[0].encode()),)),
        Behaviour(exits_after=1.5, log=LEAKS),
    ],
    ids=["exits", "unhealthy", "answers", "exits under traffic"],
)
async def test_a_secret_that_the_app_prints_or_answers_is_not_kept_as_evidence(memory_world, bad):
    memory_world.target.script("2.0.0", bad)
    undone = await deployed(memory_world, "2.0.0", settings=Settings(secrets={"TOKEN": Secret("s3cret-token")}))
    kept = [repr(record.event) for record in memory_world.ledger.events()]
    assert any("redis://:[secret]@cache" in fact for fact in undone.problem.evidence)
    assert not [one for one in (*kept, repr(undone)) if "s3cret-token" in one]


async def test_a_process_that_ends_while_its_last_answer_is_waited_for_is_named(memory_world):
    clock, ask = memory_world.world.clock, memory_world.target.ask

    async def patiently(slot, question):
        await clock.sleep(question.patience.total_seconds())
        return await ask(slot, question)

    memory_world.target.ask = patiently
    memory_world.target.script("2.0.0", replace(exiting(after=0.1), answers=(Answered(status=0, why="no answer"),)))
    undone = await deployed(memory_world, "2.0.0")
    assert undone.problem.evidence[0] == "web ended: exit 1"


async def test_a_release_that_turns_bad_under_traffic_is_taken_back(memory_world):
    await deployed(memory_world, "1.0.0")
    memory_world.target.script("2.0.0", Behaviour(exits_after=1.5, log=("out of memory",)))
    undone = await deployed(memory_world, "2.0.0")
    assert undone.problem.code == "D022"
    assert await serving(memory_world) == "1.0.0"


async def test_a_failing_migration_stops_before_anything_starts(memory_world):
    app = replace(APP, migrate=("migrate",))
    memory_world.target.script("1.0.0", migrating_badly(output="no such table"))
    undone = await deployed(memory_world, "1.0.0", app)
    assert (undone.problem.code, undone.problem.evidence) == ("D020", ("no such table",))
    assert "start" not in memory_world.target.calls
    assert await serving(memory_world) is None


@pytest.mark.parametrize("call", ["stage", "begin", "start", "route"])
async def test_a_target_that_is_lost_undoes_by_itself_and_the_next_deploy_says_so(memory_world, call):
    await deployed(memory_world, "1.0.0")
    memory_world.target.fail(call, LOST)
    memory_world.target.fail("abort", LOST)
    memory_world.target.fail("give_back", LOST)
    with pytest.raises(ProblemError) as error:
        await deployed(memory_world, "2.0.0")
    assert error.value.exit is Exit.UNREACHABLE
    memory_world.clock.advance(60)
    assert await serving(memory_world) == "1.0.0"
    assert (await deployed(memory_world, "3.0.0")).committed
    assert await serving(memory_world) == "3.0.0"


async def test_a_target_that_is_lost_at_the_decision_is_left_to_itself(memory_world):
    """It may have written it down, and would carry it out."""
    await deployed(memory_world, "1.0.0")
    memory_world.target.fail("decide", LOST)
    memory_world.target.fail("give_back", LOST)
    told = await deployed(memory_world, "2.0.0")
    assert (told.committed, told.problem.code, told.problem.exit) == (False, "D065", Exit.UNREACHABLE)
    assert "abort" not in memory_world.target.calls
    memory_world.clock.advance(60)
    assert await serving(memory_world) == "1.0.0"
    assert (await deployed(memory_world, "3.0.0")).committed


async def test_a_decision_is_carried_out_by_the_target_that_lost_its_deployer(memory_world):
    await deployed(memory_world, "1.0.0")
    memory_world.target.fail("commit", LOST)
    memory_world.target.fail("give_back", LOST)
    done = await deployed(memory_world, "2.0.0")
    assert (done.committed, done.problem.code, done.problem.exit) == (True, "D069", Exit.UNREACHABLE)
    memory_world.clock.advance(60)
    assert await serving(memory_world) == "2.0.0"
    assert (await memory_world.target.observe()).finished[-1].outcome == "committed"


async def test_a_release_whose_predecessor_is_ill_is_not_taken_back(memory_world):
    """The place to go back to died meanwhile: going back would make it worse."""
    await deployed(memory_world, "1.0.0")
    memory_world.target.script("2.0.0", Behaviour(answers=(*GOOD * 3, BAD, BAD, *GOOD)))
    memory_world.target.ill.add(Slot.BLUE)
    stuck = await deployed(memory_world, "2.0.0")
    assert (stuck.problem.code, stuck.problem.exit) == ("D063", Exit.NEEDS_PERSON)
    assert "1.0.0 in blue" in " ".join(stuck.problem.evidence)
    assert await serving(memory_world) == "2.0.0"
    assert [event.version for event in told(memory_world, DeploymentStuck)] == ["2.0.0"]


async def test_what_the_target_kept_is_no_undo(memory_world):
    """Both are ill; the one before is down, so the target keeps the new one."""
    memory_world.target.script("1.0.0", Behaviour(exits_after=60))
    memory_world.target.script("2.0.0", Behaviour(answers=(*GOOD * 3, BAD)))
    await deployed(memory_world, "1.0.0")
    memory_world.clock.advance(60)
    stuck = await deployed(memory_world, "2.0.0")
    assert (stuck.problem.code, stuck.problem.exit) == ("D063", Exit.NEEDS_PERSON)
    assert await serving(memory_world) == "2.0.0"
    assert [event.version for event in told(memory_world, DeploymentStuck)] == ["2.0.0"]
    assert told(memory_world, DeploymentReverted) == []


async def test_each_release_is_asked_its_own_question_before_the_traffic_goes_back(memory_world):
    """The new one moved its health path: the one before it doesn't know that."""
    moved = replace(APP, processes=(replace(WEB, health=replace(HEALTH, path="/healthz")),))
    memory_world.target.script("1.0.0", Behaviour(only=HEALTH.path))
    await deployed(memory_world, "1.0.0")
    memory_world.target.script("2.0.0", Behaviour(answers=(*GOOD * 3, BAD, BAD, *GOOD)))
    undone = await deployed(memory_world, "2.0.0", moved)
    assert (undone.problem.code, undone.problem.exit) == ("D022", Exit.ROLLED_BACK)
    assert await serving(memory_world) == "1.0.0"


async def test_a_superseded_deployer_gives_no_further_order(memory_world):
    memory_world.target.fail("start", SUPERSEDED)
    memory_world.target.fail("abort", SUPERSEDED)
    with pytest.raises(ProblemError) as error:
        await deployed(memory_world, "1.0.0")
    assert error.value.exit is Exit.BUSY
    assert "route" not in memory_world.target.calls


async def test_what_a_superseded_deployer_sees_go_wrong_is_not_blamed_on_its_release(memory_world):
    """The slot that it asks holds another's release by now."""
    await deployed(memory_world, "1.0.0")
    memory_world.target.script("2.0.0", unhealthy())
    memory_world.target.fail("renew", SUPERSEDED)
    with pytest.raises(ProblemError) as error:
        await deployed(memory_world, "2.0.0")
    assert (error.value.problems[0].code, error.value.exit) == ("K011", Exit.BUSY)
    assert "abort" not in memory_world.target.calls
    assert told(memory_world, DeploymentReverted) == []


async def interrupted_at(memory, call, version="2.0.0"):
    """A deployment that gets a Ctrl-C while the target works on such a call. How it ended, as its caller is told."""
    memory.target.calls.clear()
    task = asyncio.create_task(deployed(memory, version))
    while call not in memory.target.calls[-3:] and not task.done():  # noqa: ASYNC110 the loop under test turns meanwhile
        await asyncio.sleep(0)
    task.cancel()
    return await task


async def test_an_interrupted_deployment_is_undone(memory_world):
    await deployed(memory_world, "1.0.0")
    memory_world.target.script("2.0.0", silent())
    undone = await interrupted_at(memory_world, "ask")
    assert (undone.problem.code, undone.problem.exit, undone.committed) == ("D023", Exit.INTERRUPTED, False)
    seen = await memory_world.target.observe()
    assert (seen.open, seen.slot(Slot.GREEN).state, seen.lease) == (None, SlotState.EMPTY, None)
    assert await serving(memory_world) == "1.0.0"


class Staging(MemoryTarget):
    """Its stagings don't end by themselves."""

    async def stage(self, *_order):
        self.calls.append("stage")
        await asyncio.Event().wait()


async def test_an_interrupted_staging_is_given_up(memory_world):
    memory_world.target = Staging(memory_world.clock)
    stopped = await interrupted_at(memory_world, "stage")
    assert (stopped.problem.code, stopped.problem.exit) == ("D023", Exit.INTERRUPTED)
    assert "give_up" in memory_world.target.calls
    assert (await memory_world.target.observe()).lease is None


async def test_a_host_that_can_not_be_told_to_give_up_has_moved_nothing_either(memory_world):
    memory_world.target = Staging(memory_world.clock)
    memory_world.target.fail("give_up", LOST)
    stopped = await interrupted_at(memory_world, "stage")
    assert (stopped.problem.code, stopped.problem.exit) == ("D023", Exit.INTERRUPTED)
    assert any("may go on staging" in text for _, _, text in memory_world.reporter.heard)


async def test_an_interrupt_that_can_not_be_undone_says_what_serves(memory_world):
    """The release before turned ill under the watch."""
    await deployed(memory_world, "1.0.0")
    memory_world.target.script("2.0.0", Behaviour(answers=GOOD))
    memory_world.target.ill.add(Slot.BLUE)
    stuck = await interrupted_at(memory_world, "route")
    assert (stuck.problem.code, stuck.problem.exit) == ("D063", Exit.NEEDS_PERSON)
    assert await serving(memory_world) == "2.0.0"


@pytest.mark.parametrize("call", ["decide", "commit", "forget", "give_back"])
async def test_an_interrupt_from_the_decision_on_undoes_nothing(memory_world, call):
    target = memory_world.target = Slow(memory_world.clock)
    await deployed(memory_world, "1.0.0")
    done = await interrupted_at(memory_world, call)
    assert (done.committed, done.problem) == (True, None)
    seen = await target.observe()
    assert (seen.open, seen.finished[-1].outcome, seen.lease) == (None, "committed", None)
    assert [event.version for event in told(memory_world, DeploymentCommitted)] == ["1.0.0", "2.0.0"]


class Slow(MemoryTarget):
    """Takes a moment for each of the last orders, before it carries it out."""

    async def decide(self, *order):
        await self._think("decide")
        await super().decide(*order)

    async def commit(self, *order):
        await self._think("commit")
        await super().commit(*order)

    async def forget(self, *order):
        await self._think("forget")
        await super().forget(*order)

    async def give_back(self, *order):
        await self._think("give_back")
        await super().give_back(*order)

    async def _think(self, call):
        self.calls.append(call)
        for _ in range(20):
            await asyncio.sleep(0)


class Busy(MemoryLedger):
    """Somebody else writes to it."""

    is_busy = False

    def append(self, *found):
        if self.is_busy:
            raise ProblemError(Problem(code="L003", what="the ledger is busy", fix="again", exit=Exit.BUSY))
        return super().append(*found)


async def test_a_ledger_that_fails_after_the_decision_is_a_note(memory_world):
    ledger = memory_world.ledger = Busy(memory_world.clock, "anne@here")
    await deployed(memory_world, "1.0.0")

    class Deciding(MemoryTarget):
        async def decide(self, *order):
            await super().decide(*order)
            ledger.is_busy = True

    memory_world.target = Deciding(memory_world.clock)
    done = await deployed(memory_world, "2.0.0")
    assert (done.committed, done.problem) == (True, None)
    assert any("the ledger is busy" in text for kind, _, text in memory_world.reporter.heard if kind == "note")
    ledger.is_busy = False
    seen = await memory_world.target.observe()
    assert (seen.open, seen.finished[-1].outcome) == (None, "committed")
    environment = release_of("2.0.0", *APP.processes).environment
    await look(APP, environment, memory_world.world)
    assert [event.version for event in told(memory_world, DeploymentCommitted)] == ["1.0.0", "2.0.0"]


async def test_what_can_not_be_cleaned_up_after_the_commit_is_a_note(memory_world):
    memory_world.target.fail("forget", LOST)
    assert (await deployed(memory_world, "1.0.0")).problem is None
    assert any("the keeper is gone" in text for kind, _, text in memory_world.reporter.heard if kind == "note")


async def test_what_an_earlier_deployer_left_open_is_undone_first(memory_world):
    await deployed(memory_world, "1.0.0")
    left = release_of("2.0.0", *APP.processes)
    holder = replace(memory_world.world.holder, id="h-dead")
    grant = await memory_world.target.take(holder, timedelta(seconds=30))
    await memory_world.target.begin(grant, "d-left", left, Slot.GREEN)
    await memory_world.target.start(grant, left, Slot.GREEN)
    memory_world.target.gone.add("h-dead")
    assert (await deployed(memory_world, "3.0.0")).committed
    assert any("left at" in text for _, _, text in memory_world.reporter.heard)
    assert await serving(memory_world) == "3.0.0"


async def test_a_gate_that_waits_tells_the_last_answer(memory_world):
    memory_world.target.script("1.0.0", unhealthy())
    await deployed(memory_world, "1.0.0")
    said = [text for what, name, text in memory_world.reporter.heard if (what, name) == ("waits", "gate")]
    assert said[0] == "GET /health: status 500, wanted 200; 0 s of 5 s"
    assert said[-1] == "GET /health: status 500, wanted 200; 5 s of 5 s"
