"""The lease of a target in memory, and the line of those who wait for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from ecluse.model.holder import Holder
from ecluse.model.observed import LeaseSeen
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.values import frozen
from ecluse.ports.clock import Clock
from ecluse.ports.target import Grant, Place


@frozen
class _Held:
    """Times are seconds of the clock."""

    holder: Holder
    taken: float
    expires: float


class MemoryLease:
    """`gone` holds the ids of holders whose process has ended."""

    def __init__(self, clock: Clock) -> None:
        self.gone: set[str] = set()
        self.generation = 0
        self._clock = clock
        self._held: _Held | None = None
        self._line: dict[str, float] = {}

    def take(self, holder: Holder, lease: timedelta, generation: int) -> Grant:
        held = self._in_force()
        if held and held.holder.id != holder.id and held.holder.id not in self.gone:
            raise refused("K010", f"the environment is held by {held.holder.user} ({held.holder.command})", Exit.BUSY)
        has = held is not None and held.holder.id == holder.id
        if not has and self._line and min(self._line, key=self._line.__getitem__) != holder.id:
            raise refused("K010", "others wait in line for the environment", Exit.BUSY)
        self._line.pop(holder.id, None)
        self.generation = max(self.generation + 1, generation)
        now = self._clock.monotonic()
        self._held = _Held(holder=holder, taken=now, expires=now + lease.total_seconds())
        return Grant(holder=holder, generation=self.generation)

    def renew(self) -> None:
        if self._held is not None:
            length = self._held.expires - self._held.taken
            self._held = replace(self._held, expires=self._clock.monotonic() + length)

    def give_back(self, grant: Grant) -> None:
        if self._held and self._held.holder.id == grant.holder.id and grant.generation <= self.generation:
            self._held = None

    def evict(self) -> LeaseSeen | None:
        evicted = self.seen()
        self._held = None
        self.generation += 1
        return evicted

    def wait(self, holder: Holder, ticket: float) -> Place:
        mine = self._line.setdefault(holder.id, ticket or self._clock.monotonic() + len(self._line) * 1e-6)
        return Place(ticket=mine, before=sum(other < mine for other in self._line.values()))

    def end(self) -> None:
        self._held = None

    @property
    def has_lapsed(self) -> bool:
        return self._in_force() is None

    def check(self, grant: Grant) -> None:
        held = self._in_force()
        if held is None or (held.holder.id, self.generation) != (grant.holder.id, grant.generation):
            raise refused("K011", f"the lease of generation {grant.generation} is over", Exit.BUSY)

    def seen(self) -> LeaseSeen | None:
        held, now = self._in_force(), self._clock.monotonic()
        if held is None:
            return None
        return LeaseSeen(
            holder=held.holder,
            generation=self.generation,
            age=now - held.taken,
            left=held.expires - now,
            gone=held.holder.id in self.gone,
        )

    def _in_force(self) -> _Held | None:
        held = self._held
        return held if held is not None and self._clock.monotonic() < held.expires else None


def refused(code: str, what: str, exit_code: Exit) -> ProblemError:
    return ProblemError(Problem(code=code, what=what, fix="look with `ecluse status`", exit=exit_code))
