"""What an interrupt must not leave half done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def to_its_end(work: Coroutine[Any, Any, T], told: Callable[[], None] = lambda: None) -> T:
    """The result of `work`, which an interrupt doesn't stop: the first one is `told` of and over then. A second one is
    raised at once; `work` is left to itself."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        if task.cancelled():
            raise
    spent()
    told()
    return await asyncio.shield(task)


def spent() -> None:
    """The interrupt that was caught is answered: we go on, and nobody above has to stop for it."""
    if (task := asyncio.current_task()) is not None:
        task.uncancel()
