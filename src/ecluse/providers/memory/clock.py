"""Time that passes when everybody waits for it: for tests, and for looking at a plan."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from datetime import UTC, datetime, timedelta

ROUNDS = 100
"""Turns of the event loop that others get before time passes."""


class FakeClock:
    """Fills ports.clock.Clock. A sleeper wakes when it is the earliest and nobody else has anything to do; several
    may sleep at once, and wake in their order. Nobody waits a real second."""

    def __init__(self, start: datetime = datetime(2030, 1, 1, tzinfo=UTC)) -> None:
        self._start = start
        self._passed = 0.0
        self._numbers = itertools.count()
        self._sleepers: list[tuple[float, int]] = []
        self._changes = 0
        """How often somebody has gone to sleep or woken up."""

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        return self._passed

    def advance(self, seconds: float) -> None:
        self._passed += seconds

    async def sleep(self, seconds: float) -> None:
        entry = (self._passed + seconds, next(self._numbers))
        heapq.heappush(self._sleepers, entry)
        self._changes += 1
        try:
            await self._wait_for(entry)
        finally:
            self._sleepers.remove(entry)
            heapq.heapify(self._sleepers)
            self._changes += 1

    async def _wait_for(self, entry: tuple[float, int]) -> None:
        while True:
            before = self._changes
            for _ in range(ROUNDS):
                await asyncio.sleep(0)
            if self._sleepers[0] == entry and self._changes == before:  # else one that was awake is at work still
                self._passed = max(self._passed, entry[0])
            if self._passed >= entry[0]:
                return
