"""The transaction: moves forward one by one, or everything undone.

The journal on the target is the truth; the events are the team's memory of it. When we die in here, the target undoes
what was not committed as soon as the lease ends, and whoever comes next finishes.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime

from ecluse.loop.deploy.acts import ACTS, Done, MoveFailedError, Work
from ecluse.loop.deploy.problems import WITHOUT_A_SAY, gate_failed, interrupted, undone
from ecluse.model import events
from ecluse.model.deployment import Move
from ecluse.model.ids import DeploymentId
from ecluse.model.observed import Observed
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One line of the timeline."""

    move: str
    at: datetime
    seconds: float
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """How it ended. `problem` says what undid it, and is None after a commit."""

    id: DeploymentId
    timeline: tuple[Moved, ...]
    verdicts: tuple[Verdict, ...]
    problem: Problem | None = None

    @property
    def committed(self) -> bool:
        return self.problem is None


class Transaction:
    """One deployment under way. Used once."""

    def __init__(self, work: Work, *, verb: str, settings: str) -> None:
        self._work, self._verb, self._settings = work, verb, settings
        self._world = work.world
        self._release = work.running.release
        self._timeline: list[Moved] = []
        self._verdicts: list[Verdict] = []

    async def run(self) -> Deployed:
        """Make all moves. A move that fails, and a cancellation, undo what was made; a Problem of the target that
        leaves us without a say (superseded, unreachable) is raised: the target then undoes by itself."""
        self._record(self._started())
        began = self._world.clock.monotonic()
        try:
            for move in self._work.deployment.moves:
                await self._make(move)
        except MoveFailedError as error:
            await self._undo(error.problem)
            return self._deployed(error.problem)
        except ProblemError as error:
            problem = undone(error.problems[0])
            await self._undo(problem)
            if problem.exit in WITHOUT_A_SAY:
                raise
            return self._deployed(problem)
        except (asyncio.CancelledError, KeyboardInterrupt):
            await asyncio.shield(self._undo(interrupted()))
            raise
        self._record(self._committed(self._world.clock.monotonic() - began))
        return self._deployed(None)

    async def _make(self, move: Move) -> None:
        """One move, timed, recorded and reported. It counts as made from the moment it is tried."""
        self._work = replace(self._work, deployment=self._work.deployment.after(move))
        self._world.reporter.began(move)
        at, began = self._world.clock.now(), self._world.clock.monotonic()
        try:
            done = await ACTS[move](self._work)
            self._judge(done)
        except BaseException:
            self._world.reporter.ended(move, ok=False)
            raise
        seconds = round(self._world.clock.monotonic() - began, 4)
        self._timeline.append(Moved(move=move, at=at, seconds=seconds, detail=done.detail))
        self._world.reporter.ended(move, ok=True, detail=done.detail)
        self._record(
            events.MoveMade(
                deployment=self._id, move=move, seconds=seconds, detail=done.detail, environment=self._environment
            )
        )

    def _judge(self, done: Done) -> None:
        verdict = done.verdict
        if verdict is None:
            return
        self._verdicts.append(verdict)
        self._record(
            events.GateAnswered(
                deployment=self._id,
                gate=verdict.gate,
                answer=verdict.answer,
                evidence=verdict.evidence,
                environment=self._environment,
            )
        )
        if verdict.stops:
            raise MoveFailedError(gate_failed(verdict, self._release.version))

    async def _undo(self, problem: Problem) -> None:
        """Traffic back, the new slot drained and stopped. Without the right or the way to order it, the target's
        dead-man switch does the same when the lease ends, and the next look at it records that."""
        work = self._work
        self._world.reporter.began("undo", problem.what)
        try:
            if work.deployment.has_begun:
                await work.target.abort(work.lease.grant(), work.deployment.id, problem.what)
            serving = serving_release(await work.target.observe())
        except ProblemError as error:
            self._world.reporter.ended("undo", ok=False, detail=str(error))
            if error.exit in WITHOUT_A_SAY:
                return
            raise
        self._world.reporter.ended("undo", ok=True)
        self._record(self._reverted(problem, serving))

    @property
    def _id(self) -> DeploymentId:
        return self._work.deployment.id

    @property
    def _environment(self) -> str:
        return self._work.running.environment.name

    def _record(self, event: events.Event) -> None:
        self._world.ledger.append(event)

    def _started(self) -> events.Event:
        deployment = self._work.deployment
        return events.DeploymentStarted(
            deployment=deployment.id,
            release=self._release.id,
            version=self._release.version,
            slot=deployment.slot,
            previous=deployment.previous or "",
            verb=self._verb,
            settings=self._settings,
            environment=self._environment,
        )

    def _committed(self, seconds: float) -> events.Event:
        return events.DeploymentCommitted(
            deployment=self._id,
            release=self._release.id,
            version=self._release.version,
            slot=self._work.deployment.slot,
            seconds=round(seconds, 3),
            verb=self._verb,
            environment=self._environment,
        )

    def _reverted(self, problem: Problem, serving: str) -> events.Event:
        return events.DeploymentReverted(
            deployment=self._id,
            release=self._release.id,
            version=self._release.version,
            why=problem.what,
            serving=serving,
            evidence=problem.evidence,
            environment=self._environment,
        )

    def _deployed(self, problem: Problem | None) -> Deployed:
        return Deployed(id=self._id, timeline=tuple(self._timeline), verdicts=tuple(self._verdicts), problem=problem)


def serving_release(seen: Observed) -> str:
    return (seen.slot(seen.serving).release or "") if seen.serving else ""
