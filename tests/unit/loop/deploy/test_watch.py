"""What a watch counts, and what becomes of one whose deployer lost the environment meanwhile."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from ecluse.loop.deploy.deploy import deploy
from ecluse.loop.deploy.fleet import fleet_of
from ecluse.loop.deploy.lease import held
from ecluse.loop.deploy.wanted import Wanted
from ecluse.model.app import App, Health
from ecluse.model.events.deployments import DeploymentCommitted, DeploymentReverted, DeploymentStuck
from ecluse.model.holder import Holder
from ecluse.model.observed import Counters
from ecluse.model.problem import Exit, ProblemError
from ecluse.model.rollout import AfterWatch, CanaryStep, JudgeKind, Promotion, Rollout, Strategy
from ecluse.model.slot import Slot
from ecluse.providers.memory.script import Behaviour
from ecluse.providers.memory.target import MemoryTarget
from ecluse.testing.releases import WEB, release_of

pytestmark = pytest.mark.looped
APP = App(name="example", processes=(replace(WEB, health=Health(path="/up", timeout=timedelta(seconds=2))),))
WATCH = timedelta(seconds=10)


class Counting(MemoryTarget):
    """Its slots have counted so many requests and errors before they got traffic, and count so many a second since."""

    def __init__(self, clock):
        super().__init__(clock)
        self.before: dict[str, tuple[int, int]] = {}
        self.each_second: dict[str, tuple[int, int]] = {}
        self._since: dict[Slot, float] = {}

    async def route(self, grant, weights, *, sticky=False):
        await super().route(grant, weights, sticky=sticky)
        for slot in Slot:
            if weights.of(slot):
                self._since.setdefault(slot, self._clock.monotonic())

    async def observe(self):
        seen = await super().observe()
        return replace(seen, slots=tuple(replace(slot, counters=self._counted(slot)) for slot in seen.slots))

    def _counted(self, slot):
        had, more = self.before.get(slot.version, (0, 0)), self.each_second.get(slot.version, (0, 0))
        seconds = self._clock.monotonic() - self._since.get(slot.slot, self._clock.monotonic())
        requests, errors = (int(some + rate * seconds) for some, rate in zip(had, more, strict=True))
        statuses = {"2xx": requests - errors, "5xx": errors}
        return Counters(requests=requests, statuses=statuses, buckets=(requests, *[0] * 20))


@pytest.fixture
def target(memory_world):
    """The first release serves, and has counted enough to be compared with."""
    memory_world.target = Counting(memory_world.clock)
    assert asyncio.run(deployed(memory_world, "1.0.0", watch=timedelta())).committed
    memory_world.target.before["1.0.0"] = (5000, 0)
    return memory_world.target


async def deployed(memory, version, **environment):
    running = release_of(version, *APP.processes)
    wanted = Wanted(app=APP, environment=replace(running.environment, **{"watch": WATCH, **environment}))
    fleet = fleet_of(memory.world, APP, wanted.environment)
    async with held(fleet, wanted.environment.lease, memory.world) as lease:
        return await deploy(wanted, running.release, running.bundle, fleet, lease, memory.world, verb="ship")


def watched(done):
    return next(verdict for verdict in done.verdicts if verdict.gate == "watch")


@pytest.mark.parametrize("judge", JudgeKind)
async def test_errors_from_before_the_shift_convict_nobody(memory_world, target, judge):
    target.before["2.0.0"], target.each_second["2.0.0"] = (400, 400), (100, 0)
    done = await deployed(memory_world, "2.0.0", rollout=Rollout(judge=judge))
    assert done.committed
    assert any("errors: 0 of " in fact for fact in watched(done).evidence), watched(done).evidence


@pytest.mark.parametrize("judge", JudgeKind)
async def test_good_answers_from_before_the_shift_acquit_nobody(memory_world, target, judge):
    target.before["2.0.0"], target.each_second["2.0.0"] = (100_000, 0), (100, 30)
    done = await deployed(memory_world, "2.0.0", rollout=Rollout(judge=judge))
    assert (done.problem.code, done.problem.exit) == ("D022", Exit.ROLLED_BACK)
    assert watched(done).seconds < WATCH.total_seconds()


async def test_an_undone_watch_says_how_many_requests_it_hit(memory_world, target):
    target.each_second["2.0.0"] = (100, 30)
    done = await deployed(memory_world, "2.0.0")
    share, (watch, undo) = done.answered.failed, done.timeline[-2:]
    assert share.requests >= 100 * (int(watched(done).seconds) - 1)
    said = f"the new release answered {share.requests} requests meanwhile, {share.hits} of them failed"
    assert said in done.problem.state
    assert (watch.move, undo.move) == ("watch", "undo")
    assert said in undo.detail
    (event,) = [one.event for one in memory_world.ledger.events() if isinstance(one.event, DeploymentReverted)]
    assert (event.requests, event.failed) == (share.requests, share.hits)


async def test_that_nobody_knows_how_many_it_hit_is_said_of_a_server_that_counts_none(memory_world, target):
    target.script("2.0.0", Behaviour(exits_after=4.0))
    done = await deployed(memory_world, "2.0.0", watch=timedelta(seconds=5))
    assert done.answered.failed is None
    assert "isn't known: its server doesn't count" in done.problem.state


async def test_errors_of_the_old_release_since_the_shift_are_no_excuse(memory_world, target):
    """It gets no traffic after a blue/green shift; what a lame slot still counts are the ends of old connections."""
    target.each_second["2.0.0"] = (100, 30)
    done = await deployed(memory_world, "2.0.0")
    assert done.problem.code == "D022"
    assert any("in the new release, 0 of 5,000 (0 %) in the old" in fact for fact in watched(done).evidence)


async def test_a_step_of_a_canary_counts_its_own_requests(memory_world, target):
    target.before["2.0.0"], target.each_second["2.0.0"] = (500, 0), (50, 0)
    steps = (CanaryStep(weight=50, requests=200), CanaryStep(weight=80, requests=100))
    rollout = Rollout(canary=steps, inconclusive=AfterWatch.PROMOTE)
    done = await deployed(memory_world, "2.0.0", strategy=Strategy.CANARY, rollout=rollout, watch=timedelta())
    first, second = (moved.seconds for moved in done.timeline if moved.move == "watch")
    assert done.committed
    assert (4.0 <= first < 4.5, 2.0 <= second < 2.5) == (True, True)


ORDERS = {"stage", "begin", "run", "start", "halt", "route", "hold", "decide", "commit", "abort", "stop", "forget"}
ANOTHER = Holder(id="h-2", host="there", pid=2, user="bert", command="ecluse ship")


async def evicted_while_it_watches(memory, version, *, by_another, **environment):
    """How it ends, and the orders that it tried to give afterwards."""
    target, before = memory.target, memory.target.calls.count("route")
    watching = asyncio.create_task(deployed(memory, version, **environment))
    while target.calls.count("route") == before:
        await memory.clock.sleep(0.1)
    await memory.clock.sleep(1)
    await target.evict("bert")
    if by_another:
        await target.take(ANOTHER, timedelta(minutes=5))
    after = len(target.calls)
    with pytest.raises(ProblemError) as error:
        await watching
    assert (error.value.problems[0].code, error.value.exit) == ("K011", Exit.BUSY)
    return [call for call in target.calls[after:] if call in ORDERS]


def ended(memory):
    """The versions whose end the ledger was told."""
    kinds = (DeploymentCommitted, DeploymentReverted, DeploymentStuck)
    return [record.event.version for record in memory.ledger.events() if isinstance(record.event, kinds)]


@pytest.mark.parametrize(("promote", "order"), [(Promotion.AUTO, "decide"), (Promotion.MANUAL, "hold")])
async def test_an_evicted_deployer_whose_watch_ends_decides_nothing(memory_world, target, promote, order):
    """No renewal is due before the watch is over, and whoever has the environment leaves the deployment as it is: that
    the host refuses is all that can tell."""
    target.each_second["2.0.0"] = (100, 0)
    tried = await evicted_while_it_watches(
        memory_world, "2.0.0", by_another=True, watch=timedelta(seconds=3), rollout=Rollout(promote=promote)
    )
    opened = (await target.observe()).open
    assert (tried, opened.decided, opened.held, opened.last_move) == ([order], False, None, "route")
    assert ended(memory_world) == ["1.0.0"]


async def test_an_evicted_deployer_doesn_t_watch_to_the_end(memory_world, target):
    target.each_second["2.0.0"] = (100, 0)
    lease = timedelta(seconds=30)
    tried = await evicted_while_it_watches(
        memory_world, "2.0.0", by_another=True, watch=timedelta(minutes=5), lease=lease
    )
    assert (tried, memory_world.clock.monotonic() < lease.total_seconds() / 2) == ([], True)


async def test_what_the_host_undoes_for_an_evicted_deployer_is_not_blamed_on_its_release(memory_world, target):
    target.each_second["2.0.0"] = (100, 0)
    assert await evicted_while_it_watches(memory_world, "2.0.0", by_another=False) == []
    assert ((await target.observe()).open, ended(memory_world)) == (None, ["1.0.0"])
