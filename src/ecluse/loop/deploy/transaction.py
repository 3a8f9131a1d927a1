"""The transaction: legs forward one by one, or everything undone on every host.

The journals on the targets are the truth; the events are the team's memory of it. When we die in here, the targets undo
what was not decided as soon as the lease ends, and whoever comes next finishes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from ecluse.loop.deploy.acts import ACTS
from ecluse.loop.deploy.answered import Answered, answered
from ecluse.loop.deploy.fleet import is_lost
from ecluse.loop.deploy.health import hidden
from ecluse.loop.deploy.problems import (
    WITHOUT_A_SAY,
    committed_in_part,
    gate_failed,
    interrupted,
    reason_of,
    superseded,
    undone,
    undone_beside,
)
from ecluse.loop.deploy.remember import remember
from ecluse.loop.deploy.unbroken import spent, to_its_end
from ecluse.loop.deploy.undo import Undone, undo
from ecluse.loop.deploy.work import Done, HostProblemError, MayBeDecidedError, MoveFailedError, Work
from ecluse.loop.each import on_each
from ecluse.model.deployment import Leg, Move
from ecluse.model.events.deployments import (
    DeploymentCommitted,
    DeploymentReverted,
    DeploymentStarted,
    DeploymentStuck,
    GateAnswered,
    HostEnded,
    MoveMade,
)
from ecluse.model.events.event import Event
from ecluse.model.ids import DeploymentId, HostName
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.rollout import HostsDown
from ecluse.model.values import frozen
from ecluse.model.verdict import Verdict
from ecluse.ports.target import Sent

LATE = "interrupted while it is decided, which is not undone: going on to its end"


@frozen
class Moved:
    """One line of the timeline."""

    move: str
    at: datetime
    seconds: float
    detail: str = ""
    sent: Sent | None = None


@frozen
class Deployed:
    """How it ended. `problem` says what undid it, or on which hosts it isn't yet; `held`: it waits for a person."""

    id: DeploymentId
    timeline: tuple[Moved, ...]
    verdicts: tuple[Verdict, ...]
    problem: Problem | None = None
    committed: bool = False
    held: bool = False
    answered: Answered | None = None
    """By the new release, if it was undone once it had traffic."""


class HeldError(Exception):
    """The deployment waits for a person; the targets keep it as it is."""


class Transaction:
    """One deployment under way. Used once."""

    def __init__(self, work: Work, *, verb: str, settings: str, left_out: Mapping[HostName, str]) -> None:
        self._work, self._verb, self._settings = work, verb, settings
        self._world = work.world
        self._release = work.one.release
        self._timeline: list[Moved] = []
        self._verdicts: list[Verdict] = []
        self._behind: Mapping[HostName, str] = {}
        self._left_out = dict(left_out)
        self._unrecorded: list[Event] = []
        self._answered: Answered | None = None

    async def run(self) -> Deployed:
        """Make all legs. A leg that fails, and an interrupt, undo what was made; a Problem of the target that leaves us
        without a say (superseded, unreachable) is raised once what can be undone is.

        The decision is waited for, whatever interrupts it. From then on nothing is undone, and neither an interrupt nor
        the ledger keeps the rest from being made, or named. Nor is anything undone when nobody here can know whether it
        was decided.
        """
        if not self._work.deployment.made:
            self._record(self._started())
        began = self._world.clock.monotonic()
        *forward, commit = self._work.deployment.left
        try:
            for leg in forward:
                await (self._finish(leg) if leg.move is Move.DECIDE else self._make(leg))
        except HeldError:
            return self._deployed(None, held=True)
        except MayBeDecidedError as error:
            return self._deployed(error.problem)
        except MoveFailedError as error:
            return await self._failed(error.problem)
        except ProblemError as error:
            return await self._failed(undone(error.problems[0]))
        except (asyncio.CancelledError, KeyboardInterrupt):
            if self._work.deployment.has(Move.DECIDE):
                raise  # the second one
            spent()
            return await asyncio.shield(self._failed(interrupted()))
        await self._finish(commit)
        return self._committed(began)

    async def _finish(self, leg: Leg) -> None:
        await to_its_end(self._make(leg), lambda: self._world.reporter.note(LATE))

    async def _make(self, leg: Leg) -> None:
        """One leg, timed, recorded and reported. It counts as made from the moment it is tried."""
        self._work = replace(self._work, deployment=self._work.deployment.after(leg))
        self._world.reporter.began(leg.move)
        at, began = self._world.clock.now(), self._world.clock.monotonic()
        detail = ""
        try:
            done = await self._act(leg)
            detail = done.detail
            self._judge(done)
        except BaseException as error:
            if isinstance(error, MoveFailedError):
                self._pass(leg.move, at, began, detail)
            self._world.reporter.ended(leg.move, ok=False, detail=detail)
            raise
        seconds = self._pass(leg.move, at, began, detail, done.sent)
        self._world.reporter.ended(leg.move, ok=True, detail=done.detail)
        self._behind = done.behind
        self._record(
            MoveMade(
                deployment=self._id, move=leg.move, seconds=seconds, detail=done.detail, environment=self._environment
            )
        )
        if done.hold:
            raise HeldError

    def _pass(self, what: str, at: datetime, began: float, detail: str, sent: Sent | None = None) -> float:
        """A line of the timeline. The seconds that it took."""
        seconds = round(self._world.clock.monotonic() - began, 4)
        self._timeline.append(Moved(move=what, at=at, seconds=seconds, detail=detail, sent=sent))
        return seconds

    async def _act(self, leg: Leg) -> Done:
        """Where the environment wants it so, a host that is lost is left out, and the leg is made again on the others.
        Its keeper goes back by itself."""
        while self._work.deployment.at(leg):
            try:
                return await ACTS[leg.move](self._work, leg)
            except HostProblemError as error:
                if not self._can_do_without(error):
                    raise
                self._left_out[error.host] = str(error)
                self._work = self._work.without(error.host)
                self._world.reporter.note(f"! {error.host} is left out: {error}")
        return Done(detail="left out")

    def _can_do_without(self, error: HostProblemError) -> bool:
        may = self._work.one.environment.hosts_down is HostsDown.SKIP
        return may and is_lost(error) and len(self._work.fleet.targets) > self._work.fleet.majority

    def _judge(self, done: Done) -> None:
        if done.verdict is None:
            return
        verdict = hidden(done.verdict, self._work.one.secrets)
        self._verdicts.append(verdict)
        self._record(
            GateAnswered(
                deployment=self._id,
                gate=verdict.gate,
                answer=verdict.answer,
                evidence=verdict.evidence,
                environment=self._environment,
            )
        )
        if verdict.stops:
            raise MoveFailedError(gate_failed(verdict, self._release.version))

    async def _failed(self, problem: Problem) -> Deployed:
        """Undo. Raises when others have the say now: what we saw go wrong may be theirs, and how ours ends is told by
        whoever looks next."""
        if refusal := await self._work.lease.refusal():
            raise ProblemError(superseded(refusal.problems[0]))
        ended = await self._undo(problem)
        if problem.exit is Exit.BUSY:
            raise ProblemError(superseded(problem))
        if problem.exit is Exit.UNREACHABLE:
            told = undone_beside(ended.told(problem))
            if self._work.fleet.is_single:
                raise ProblemError(told)
            return self._deployed(told)
        return self._deployed(ended.told(problem))

    async def _undo(self, problem: Problem) -> Undone:
        """Traffic back, the new slot drained and stopped. Without the right or the way to order it, the targets'
        dead-man switch does the same when the lease ends, and the next look records that."""
        self._world.reporter.began("undo", problem.what)
        at, began = self._world.clock.now(), self._world.clock.monotonic()
        try:
            ended = (
                await self._go_back(problem.what) if self._work.deployment.has(Move.BEGIN) else await self._give_up()
            )
            serving = await self._serving()
        except ProblemError as error:
            self._world.reporter.ended("undo", ok=False, detail=str(error))
            if error.exit in WITHOUT_A_SAY:
                return Undone(lost={host: str(error) for host in self._work.fleet.targets})
            raise
        self._answered = self._answered_by(ended)
        ended = replace(ended, answered=self._answered)
        told = ended.told(problem)
        is_well = ended.is_whole and not ended.drained
        detail = str(ended.answered or "") if is_well else told.what
        self._pass("undo", at, began, detail)
        self._world.reporter.ended("undo", ok=is_well, detail=detail)
        self._record(*self._hosts_ended(ended, problem))
        if ended.is_whole:
            self._record(self._reverted(problem, serving, ended.answered))
        elif ended.kept:
            self._record(self._stuck(told, serving))
        return ended

    def _answered_by(self, ended: Undone) -> Answered | None:
        """A release that ran in its slot before us has counted what isn't of this deployment."""
        made = self._work.deployment
        return answered(ended.ran) if ended.ran and made.has(Move.START) and made.has(Move.SHIFT) else None

    async def _go_back(self, why: str) -> Undone:
        work = self._work
        return await undo(work.fleet, work.lease, self._id, work.deployment.places, why)

    async def _give_up(self) -> Undone:
        """Nothing has moved. An interrupted staging would go on without anybody who waits for it."""
        targets = self._work.fleet.targets

        async def act(host: HostName) -> None:
            await targets[host].give_up(self._work.lease.grant())

        found = await on_each(targets, act)
        for host, error in found.failed.items():
            self._world.reporter.note(f"! {host} may go on staging until our lease ends: {error}")
        return Undone()

    async def _serving(self) -> str:
        """In the environment; we may be at work on a part of its hosts."""
        return (await self._work.lease.fleet.observe()).serving

    @property
    def _is_decided(self) -> bool:
        """The leg that writes the decision on most hosts was made to its end."""
        return any(moved.move in {Move.DECIDE, Move.COMMIT} for moved in self._timeline)

    def _committed(self, began: float) -> Deployed:
        seconds = self._world.clock.monotonic() - began
        self._record(
            DeploymentCommitted(
                deployment=self._id,
                release=self._release.id,
                version=self._release.version,
                slot=self._work.deployment.places[0].slot,
                seconds=round(seconds, 3),
                verb=self._verb,
                environment=self._environment,
                behind=(*self._behind, *self._left_out),
            ),
            *self._hosts_left_out(),
        )
        remember(self._world, *self._unrecorded)
        count = self._work.fleet.of
        problem = committed_in_part(self._release.version, self._behind, count) if self._behind else None
        return self._deployed(problem, committed=True)

    @property
    def _id(self) -> DeploymentId:
        return self._work.deployment.id

    @property
    def _environment(self) -> str:
        return self._work.one.environment.name

    def _record(self, *found: Event) -> None:
        """Once it is decided the ledger comes last: waiting for it could cost us the lease before the commit."""
        if self._is_decided:
            self._unrecorded += found
        else:
            self._world.ledger.append(*found)

    def _started(self) -> Event:
        deployment = self._work.deployment
        place = deployment.places[0]
        return DeploymentStarted(
            deployment=deployment.id,
            release=self._release.id,
            version=self._release.version,
            slot=place.slot,
            previous=place.previous or "",
            verb=self._verb,
            settings=self._settings,
            environment=self._environment,
            hosts=() if self._work.fleet.is_single else tuple(self._work.fleet.targets),
        )

    def _hosts_ended(self, ended: Undone, problem: Problem) -> tuple[Event, ...]:
        """One entry a host, where there are several."""
        if self._work.fleet.is_single:
            return ()
        outcomes = {
            **dict.fromkeys(ended.reverted, ("reverted", problem.what)),
            **{host: ("kept", why) for host, why in ended.kept.items()},
            **{host: ("over", what) for host, what in ended.over.items()},
            **{host: ("lost", why) for host, why in {**self._left_out, **ended.lost}.items()},
        }
        return tuple(
            HostEnded(deployment=self._id, host=host, outcome=outcome, why=why, environment=self._environment)
            for host, (outcome, why) in sorted(outcomes.items())
        )

    def _hosts_left_out(self) -> tuple[Event, ...]:
        if self._left_out:
            when = f"`ecluse converge {self._environment}` brings it there when it is back"
            self._world.reporter.note(f"! not on {', '.join(self._left_out)}: {when}")
        return tuple(
            HostEnded(deployment=self._id, host=host, outcome="left_out", why=why, environment=self._environment)
            for host, why in sorted(self._left_out.items())
        )

    def _reverted(self, problem: Problem, serving: str, reached: Answered | None) -> Event:
        share = reached.failed if reached else None
        return DeploymentReverted(
            deployment=self._id,
            release=self._release.id,
            version=self._release.version,
            why=reason_of(problem),
            requests=share.requests if share else None,
            failed=share.hits if share else None,
            serving=serving,
            evidence=problem.evidence,
            environment=self._environment,
        )

    def _stuck(self, problem: Problem, serving: str) -> Event:
        return DeploymentStuck(
            deployment=self._id,
            release=self._release.id,
            version=self._release.version,
            why=reason_of(problem),
            serving=serving,
            environment=self._environment,
        )

    def _deployed(self, problem: Problem | None, *, committed: bool = False, held: bool = False) -> Deployed:
        return Deployed(
            id=self._id,
            timeline=tuple(self._timeline),
            verdicts=tuple(self._verdicts),
            problem=problem,
            committed=committed,
            held=held,
            answered=self._answered,
        )
