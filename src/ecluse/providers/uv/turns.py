"""One at a time, between processes."""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

WAIT = 0.05


@asynccontextmanager
async def turn(path: Path) -> AsyncIterator[None]:
    """Hold a lock between processes (flock(2)): the kernel gives it back when its holder dies."""
    with path.open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(WAIT)
        yield
