"""A slot of the memory target with a release in it, and what is seen of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from ecluse.model.observed import ProcessSeen, SlotSeen, SlotState
from ecluse.model.slot import Slot
from ecluse.model.values import frozen
from ecluse.ports.target import Answered, LogLine, Running
from ecluse.providers.memory.script import Behaviour


@frozen
class Filled:
    """What runs, since when, and how often it was asked. `since` and `warm_until` are monotonic."""

    slot: Slot
    running: Running
    behaviour: Behaviour
    since: float
    started_at: datetime
    pid: int
    asked: int = 0
    warm_until: float | None = None
    has_served: bool = False
    halted: bool = False
    wants_secrets: bool = False
    """They are gone."""

    def has_exited(self, now: float) -> bool:
        after = self.behaviour.exits_after
        return after is not None and now >= self.since + after

    def state(self, now: float, weight: int) -> SlotState:
        if self.has_exited(now):
            return SlotState.FAILED
        if self.wants_secrets:
            return SlotState.WANTS_SECRETS
        if self.halted:
            return SlotState.HALTED
        return SlotState.LAME if self.has_served and not weight else SlotState.RUNNING

    def answer(self, path: str) -> tuple[Answered, Filled]:
        """What it answers now, and how it is afterwards."""
        if self.wants_secrets:
            return Answered(status=503), self
        if self.behaviour.only not in ("", path):
            return Answered(status=404), self
        answers = self.behaviour.answers
        version = self.running.release.version
        healthy = Answered(status=200, headers={"x-release": version}, body=version.encode())
        given = answers[min(self.asked, len(answers) - 1)] if answers else healthy
        return given, replace(self, asked=self.asked + 1)

    def seen(self, now: float, at: datetime, weight: int) -> SlotSeen:
        return SlotSeen(
            slot=self.slot,
            state=self.state(now, weight),
            release=self.running.release.id,
            version=self.running.release.version,
            weight=weight,
            processes=tuple(self._process(process.name, now) for process in self.running.processes),
            warm_until=None if self.warm_until is None else at + timedelta(seconds=self.warm_until - now),
        )

    def lines(self) -> list[LogLine]:
        """What it prints, all at its start."""
        name = self.running.processes[0].name if self.running.processes else "web"
        return [
            LogLine(
                at=self.started_at,
                slot=self.slot,
                release=self.running.release.id,
                process=name,
                pid=self.pid,
                stream="stdout",
                text=text,
            )
            for text in self.behaviour.log
        ]

    def _process(self, name: str, now: float) -> ProcessSeen:
        up = not self.has_exited(now) and not self.wants_secrets
        return ProcessSeen(
            name=name,
            pid=self.pid if up else None,
            state="running" if up else "exited",
            restarts=0 if up else 3,
            started_at=self.started_at,
            last_exit="" if up else self.behaviour.last_exit,
            log_tail=self.behaviour.log,
        )
