"""The place that a node takes while its action is at work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import ContextVar

LEAVE: ContextVar[Callable[[], None] | None] = ContextVar("leave", default=None)
"""What gives back the place of the action that asks; None where it has none to give."""


async def leave_place() -> None:
    """An action has done what `jobs` bounds, and goes on with what takes next to nothing: another node may begin, and
    begins before this returns. Its own locks and its needs' dependants wait until it has ended. Where attempts are left
    the place is kept."""
    leave = LEAVE.get()
    if leave:
        leave()
        await asyncio.sleep(0)
