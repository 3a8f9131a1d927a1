"""What each move does. Every act may be repeated; one that says no raises MoveFailedError."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from ecluse.loop.deploy import health as gates
from ecluse.loop.deploy.health import Expected
from ecluse.loop.deploy.lease import Lease
from ecluse.loop.deploy.problems import migration_failed
from ecluse.model.app import App
from ecluse.model.deployment import Deployment, Move
from ecluse.model.problem import Problem
from ecluse.model.slot import Weights
from ecluse.model.verdict import Verdict
from ecluse.ports.target import Running, Target
from ecluse.ports.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One deployment with all that its moves need. `back`: to a release that served before."""

    deployment: Deployment
    app: App
    running: Running
    lease: Lease
    target: Target
    world: World
    back: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """`detail` is for the timeline. A `verdict` that stops ends the deployment."""

    detail: str = ""
    verdict: Verdict | None = None


class MoveFailedError(Exception):
    """A move said no; carries what it saw."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


async def stage(work: Work) -> Done:
    await work.target.stage(work.lease.grant(), work.running, work.world.reporter.note)
    return Done()


async def begin(work: Work) -> Done:
    slot = work.deployment.slot
    await work.target.begin(work.lease.grant(), work.deployment.id, work.running, slot)
    return Done(detail=f"slot {slot}")


async def migrate(work: Work) -> Done:
    app = work.app
    ran = await work.target.run(work.lease.grant(), work.running, app.migrate, app.migrate_timeout)
    if ran.exit_code != 0:
        raise MoveFailedError(migration_failed(app, ran.output, timed_out=ran.timed_out))
    return Done(detail=" ".join(app.migrate))


async def start(work: Work) -> Done:
    """The free slot may hold the same release with older settings: it must not be taken for the new one."""
    slot = work.deployment.slot
    if (await work.target.observe()).slot(slot).release is not None:
        await work.target.stop(work.lease.grant(), slot)
    await work.target.start(work.lease.grant(), work.running, slot)
    return Done(detail=f"slot {slot}")


async def gate(work: Work) -> Done:
    slot, environment = work.deployment.slot, work.running.environment
    expected = await _expected(work)
    if expected is not None:
        return _judged(await gates.await_healthy(work.target, slot, expected, work.world))
    verdict = await gates.stays_up(work.target, slot, gates.UNCHECKED_TIME, work.world)
    return _judged(verdict, f" (no health check: {environment.unchecked or 'no web process'})")


async def shift(work: Work) -> Done:
    await work.target.route(work.lease.grant(), Weights.all_to(work.deployment.slot))
    return Done(detail=f"100 % to {work.deployment.slot}")


async def watch(work: Work) -> Done:
    """Going back is not watched: the release has served before, and what it goes back from is worse."""
    duration = timedelta() if work.back else work.running.environment.watch
    if not duration:
        return Done(detail="skipped")
    expected = await _expected(work)
    return _judged(await gates.watch(work.target, work.deployment.slot, expected, duration, work.world))


async def commit(work: Work) -> Done:
    await work.target.commit(work.lease.grant(), work.deployment.id, work.running.environment.warm)
    return Done()


ACTS: Mapping[Move, Callable[[Work], Awaitable[Done]]] = {
    Move.STAGE: stage,
    Move.BEGIN: begin,
    Move.MIGRATE: migrate,
    Move.START: start,
    Move.GATE: gate,
    Move.SHIFT: shift,
    Move.WATCH: watch,
    Move.COMMIT: commit,
}


async def _expected(work: Work) -> Expected | None:
    """What a healthy answer looks like; None when nothing can be asked."""
    web = work.app.web
    if web is None or web.health is None:
        return None
    seen = (await work.target.observe()).slot(work.deployment.slot)
    return Expected(health=web.health, release=work.running.release, stamped="stamps" in seen.guarantees)


def _judged(verdict: Verdict, remark: str = "") -> Done:
    return Done(detail="".join([*verdict.evidence[:1], remark]), verdict=verdict)
