"""What a run may leave if its runner, supervisor and wardens are all killed at once: noted while it runs, ended later.

A note is `PID START` when a step begins and `-PID` when all of it is over; START is in clock ticks since boot, so that
a number that the kernel has given to another process means nothing (proc_pid_stat(5)). The first line is the boot's id,
the second the control group's folder if there is one. A process namespace needs none of this: it ends with its first
process.
"""

from __future__ import annotations

import fcntl
import os
import signal
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from ecluse.system import cgroup

_UNLOCKED = ".new"
"""How the name of a file begins that isn't locked yet, so that nobody takes it for one that was left."""
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Notes:
    """The file of one supervisor, locked as long as its runner lives."""

    def __init__(self, folder: Path, group: Path | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=folder, prefix=_UNLOCKED)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.write(descriptor, _BOOT_ID.read_bytes() + os.fsencode(f"{group or ''}\n"))
        self._lock = descriptor
        self.path = Path(name).rename(folder / Path(name).name.removeprefix(_UNLOCKED))

    def close(self) -> None:
        """All that is noted is over."""
        self.path.unlink(missing_ok=True)
        os.close(self._lock)


def end_remains(folder: Path) -> int:
    """End what runs that are over have left, and forget it; how many processes that were. Safe to repeat."""
    if not folder.is_dir():
        return 0
    return sum(_end_noted(path) for path in folder.iterdir() if not path.name.startswith(_UNLOCKED))


def _end_noted(path: Path) -> int:
    """The kernel gives back the lock of a runner that was killed; one that lives holds it."""
    try:
        lock = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return 0
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        group, steps = unfinished(path.read_text(encoding="utf-8", errors="surrogateescape"))
        ended = _end_all(steps)
        if group:
            cgroup.end(Path(group))
        path.unlink(missing_ok=True)
    except BlockingIOError:
        return 0
    finally:
        os.close(lock)
    return ended


def unfinished(notes: str) -> tuple[str, dict[int, int]]:
    """The control group, and PID and START of the steps that were begun and are not known to be over; nothing of
    another boot."""
    boot, group, *lines = [*notes.splitlines(), "", ""]
    begun: dict[int, int] = {}
    if boot != _BOOT_ID.read_text(encoding="ascii").strip():
        return "", begun
    for line in lines:
        pid, _, start = line.partition(" ")
        if start.isdecimal() and pid.isdecimal():
            begun[int(pid)] = int(start)
        elif pid.removeprefix("-").isdecimal():
            begun.pop(int(pid.removeprefix("-")), None)
    return group, begun


def _end_all(steps: dict[int, int]) -> int:
    """Until nothing of them is found: what is killed can't start more, but what wasn't yet can."""
    from ecluse.system import kernel  # noqa: PLC0415  hardly ever is there something

    ended: set[int] = set()
    owned = {pid for pid, start in steps.items() if kernel.born(pid) == start}
    while found := owned and set(_living(owned | ended)) - ended:
        for pid in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        ended |= found
    return len(ended)


def _living(owned: Iterable[int]) -> Iterator[int]:
    """They, what is in the sessions that they lead, and the descendants of all these."""
    from ecluse.system import kernel  # noqa: PLC0415  as above

    seen = {pid: place for pid in kernel.all_pids() if (place := kernel.place_of(pid))}
    found = {pid for pid, place in seen.items() if pid in owned or place.session in owned}
    while more := {pid for pid, place in seen.items() if place.parent in found} - found:
        found |= more
    yield from found
