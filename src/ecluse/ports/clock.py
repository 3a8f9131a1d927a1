"""Time, as an argument."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The wall clock, aware, in UTC. For records and people; never for measuring."""

    def monotonic(self) -> float:
        """Seconds that only grow, from an arbitrary start. For measuring and deadlines."""

    async def sleep(self, seconds: float) -> None: ...
