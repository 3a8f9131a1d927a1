"""The two slots of a memory target: what runs in them, how the traffic is shared, what they answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from ecluse.model.observed import SlotSeen
from ecluse.model.slot import Slot, Weights
from ecluse.ports.clock import Clock
from ecluse.ports.target import Answered, LogLine, Running
from ecluse.providers.memory.filled import Filled
from ecluse.providers.memory.script import HEALTHY, Behaviour

TRIES = 3
"""Questions that a release must answer to be called ill."""


class Slots:
    """Asks nobody whether it may: the lease and the open deployment are the target's."""

    def __init__(self, clock: Clock) -> None:
        self.ill: set[Slot] = set()
        self.weights: dict[Slot, int] = {Slot.BLUE: 0, Slot.GREEN: 0}
        self.printed: list[LogLine] = []
        self._clock = clock
        self._behaviours: dict[str, Behaviour] = {}
        self._filled: dict[Slot, Filled] = {}
        self._pids = 1000

    @property
    def serving(self) -> Slot | None:
        return max(Slot, key=lambda slot: self.weights[slot]) if any(self.weights.values()) else None

    def script(self, version: str, behaviour: Behaviour) -> None:
        self._behaviours[version] = behaviour

    def behaviour(self, running: Running) -> Behaviour:
        return self._behaviours.get(running.release.version, HEALTHY)

    def running(self) -> tuple[Running, ...]:
        return tuple(filled.running for filled in self._filled.values())

    def listening(self) -> Iterator[Running]:
        return (running for running in self.running() if has_web(running))

    def is_up(self, slot: Slot | None) -> bool:
        filled = self._filled.get(slot) if slot else None
        return filled is not None and not filled.has_exited(self._clock.monotonic())

    def is_halted(self, slot: Slot) -> bool:
        return slot in self._filled and self._filled[slot].halted

    def fill(self, running: Running, slot: Slot) -> None:
        self._pids += 1
        filled = Filled(
            slot=slot,
            running=running,
            behaviour=self.behaviour(running),
            since=self._clock.monotonic(),
            started_at=self._clock.now(),
            pid=self._pids,
        )
        self._filled[slot] = filled
        self.printed += filled.lines()

    def runs_on(self, running: Running, slot: Slot) -> bool:
        """Whether that release is up there already; then it is no longer only kept warm, and has its secrets."""
        there = self._filled.get(slot)
        if there is None or not self.is_up(slot) or there.running.release.id != running.release.id:
            return False
        self._filled[slot] = replace(there, warm_until=None, wants_secrets=False)
        return True

    def empty(self, slot: Slot) -> None:
        """The other one, if anything is there, gets its traffic."""
        self._filled.pop(slot, None)
        share = self.weights[slot]
        self.weights[slot] = 0
        if share and slot.other in self._filled:
            self.weights[slot.other] = 100

    def empty_cold(self) -> None:
        """Those that were kept warm long enough."""
        for slot, filled in list(self._filled.items()):
            if filled.warm_until is not None and self._clock.monotonic() >= filled.warm_until:
                self.empty(slot)

    def keep_warm(self, slot: Slot, warm: timedelta) -> None:
        if slot in self._filled:
            until = self._clock.monotonic() + warm.total_seconds()
            self._filled[slot] = replace(self._filled[slot], warm_until=until)

    def halt(self, slot: Slot, *, halted: bool = True) -> None:
        if slot in self._filled:
            self._filled[slot] = replace(self._filled[slot], halted=halted)

    def lose_secrets(self) -> None:
        for slot, filled in self._filled.items():
            self._filled[slot] = replace(filled, wants_secrets=bool(filled.running.secrets))

    def route(self, weights: Weights) -> None:
        for slot in Slot:
            self.weights[slot] = weights.of(slot)
            if weights.of(slot) and slot in self._filled:
                self._filled[slot] = replace(self._filled[slot], warm_until=None, has_served=True)

    def go_back(self, to: Slot | None, new: Slot) -> None:
        """The traffic of `new` to what served before, if that is there; then `new` is empty."""
        if to is not None and to in self._filled:
            self.halt(to, halted=False)
            if self.weights[new] and to is not new:
                self.weights = {to: 100, new: 0}
        if to is not new:
            self.empty(new)

    def answer(self, slot: Slot, path: str) -> Answered:
        filled = self._filled.get(slot)
        if filled is None:
            return Answered(status=0, why=f"nothing runs in {slot}")
        if slot in self.ill:
            return Answered(status=503)
        answered, self._filled[slot] = filled.answer(path)
        return answered

    def flaw(self, slot: Slot) -> str:
        filled = self._filled.get(slot)
        if filled is None:
            return f"nothing runs in {slot}"
        health = next((process.health for process in filled.running.processes if process.is_web), None)
        if health is None:
            return ""
        statuses = (self.answer(slot, health.path).status for _ in range(TRIES))
        return "" if any(status in health.status for status in statuses) else f"GET {health.path}: it is ill"

    def seen(self, slot: Slot) -> SlotSeen:
        filled = self._filled.get(slot)
        if filled is None:
            return SlotSeen(slot=slot)
        return filled.seen(self._clock.monotonic(), self._clock.now(), self.weights[slot])


def has_web(running: Running) -> bool:
    return any(process.is_web and process.enabled for process in running.processes)
