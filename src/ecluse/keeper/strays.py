"""Processes of an environment that stand in no record, found by what they were told when they were started."""

import asyncio
import contextlib
import os
import signal
import time
from typing import Iterable, List, Set

from ecluse.keeper import connections, processes
from ecluse.keeper.places import Home
from ecluse.wire import page

LOOK_EVERY = 0.1
PATIENCE = 30.0


def end(home: Home, known: Iterable[int]) -> List[int]:
    """Kill those that are no descendants of `known`: their keeper died between the start and the record."""
    everyone = processes.every()
    ours: Set[int] = {os.getpid()}
    for root in known:
        ours |= processes.family(root, everyone)
    found = [process.pid for process in everyone if process.pid not in ours and _was_told(process.pid, home)]
    for pid in found:
        processes.end_family(pid)
    return found


async def see_off(home: Home, slot: str, port: int, patience: float = PATIENCE) -> None:
    """End those of a slot whose record was lost, once no client is connected to them any more, or after `patience`."""
    with contextlib.suppress(OSError, ValueError):
        page.Page(home.page(slot)).phase = page.LAME
    found = [process for process in processes.every() if _was_told(process.pid, home, slot)]
    deadline = time.monotonic() + patience
    while True:
        if not connections.count_open(port, [process.pid for process in found]) or time.monotonic() >= deadline:
            break
        await asyncio.sleep(LOOK_EVERY)
    for process in found:
        processes.send(process.pid, process.start_time, signal.SIGTERM)


def _was_told(pid: int, home: Home, slot: str = "") -> bool:
    told = processes.environment_of(pid)
    return told.get("ECLUSE_STATE") == home.state and slot in ("", told.get("ECLUSE_SLOT"))
