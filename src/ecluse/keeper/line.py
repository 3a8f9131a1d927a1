"""The line of those who wait for the lease: first come, first served."""

from typing import Any, Callable, Dict, Optional, Tuple

VOID = 5.0
"""Seconds. A ticket that isn't shown for so long belongs to somebody who left."""

Holder = Dict[str, Any]


class Line:
    """Tickets are kept by those who wait and shown again and again, so the line survives its keeper: a ticket is the
    moment of the first call (CLOCK_BOOTTIME), and only the order of tickets counts."""

    def __init__(self, boottime: Callable[[], float]) -> None:
        self._boottime = boottime
        self._waiting: Dict[str, Tuple[float, float, Holder]] = {}

    def show(self, holder: Holder, ticket: float) -> Tuple[float, int]:
        """The ticket (a new one for 0) and how many are before it. To be shown again within `VOID`."""
        now = self._boottime()
        ticket = ticket or self._waiting.get(holder["id"], (now,))[0]
        self._waiting[holder["id"]] = (ticket, now, holder)
        return ticket, sum(other < ticket for other, _, _ in self._present())

    def leave(self, holder_id: str) -> None:
        self._waiting.pop(holder_id, None)

    def first_before(self, holder_id: str) -> Optional[Holder]:
        """Whoever is to get the lease before this holder; a holder that doesn't wait comes after all who do."""
        present = self._present()
        own = self._waiting.get(holder_id, (float("inf"),))[0]
        first = min(present, default=None, key=lambda waiting: waiting[0])
        return first[2] if first and first[0] < own else None

    def _present(self) -> "list[Tuple[float, float, Holder]]":
        since = self._boottime() - VOID
        self._waiting = {name: waiting for name, waiting in self._waiting.items() if waiting[1] >= since}
        return list(self._waiting.values())
