"""Which runs are under way. One that was killed couldn't say so itself: the next one does."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ecluse.model.events.event import Event
from ecluse.model.events.runs import RunEnded, RunStarted
from ecluse.ports.world import World

KILLED = "killed"
"""The outcome of a run that the next one found cut short."""
_UNLOCKED = ".new"
"""How the name of a mark begins that isn't locked yet, so that nobody takes it for one that was left."""


@contextmanager
def under_way(world: World, started: RunStarted, *others: Event) -> Iterator[None]:
    """A run, which its caller ends in the ledger; `others` are recorded with its beginning.

    Its mark in the home is locked from before its first event until after its last, and the kernel gives a lock back
    however its holder ends. First the end of those is told that left a mark which nobody holds.
    """
    folder = world.home / "runs"
    for mark in folder.iterdir() if folder.is_dir() else ():
        _tell_if_killed(mark, world)
    lock = None
    with suppress(OSError):  # a full disk costs the mark, not the run: a ship may be what mends it
        lock = _marked(folder, started.run)
    try:
        world.ledger.append(started, *others)
        yield
    finally:
        if lock is not None:
            (folder / started.run).unlink(missing_ok=True)
            os.close(lock)


def _marked(folder: Path, run: str) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"{_UNLOCKED}-{run}"
    lock = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    fresh.rename(folder / run)
    return lock


def _tell_if_killed(mark: Path, world: World) -> None:
    """A run that lives holds the lock; what one has told in the meantime no longer has a name."""
    if mark.name.startswith(_UNLOCKED):
        return
    try:
        lock = os.open(mark, os.O_RDWR | os.O_CLOEXEC)
    except OSError:  # it has just ended, or is another user's
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        end = RunEnded(run=mark.name, outcome=KILLED, seconds=0.0, why="it ended without a word: killed")
        if os.fstat(lock).st_nlink and world.ledger.append(end):  # a rehearsal records nothing
            mark.unlink()
    except BlockingIOError:
        return
    finally:
        os.close(lock)
