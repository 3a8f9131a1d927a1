"""Locks between the runs of this machine: fills ports.locks."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from pathlib import Path

from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.ports.locks import TakenError

PLACES = ("/run/lock", "/var/lock", "/var/tmp", "/tmp")  # noqa: S108 (a name that everybody finds is the point)
_FOR_ALL = 0o666
_TOLD = 200
"""Bytes that are read of who has a lock."""


class FolderLocks:
    """A file for each name, locked by flock(2): the kernel gives it back when its holder dies.

    Other users' files are opened for reading, which is enough to lock them; opening one with O_CREAT would be refused
    in a folder that everybody may write to (proc(5), protected_regular).
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, names: Collection[str], told: str) -> Callable[[], None]:
        held: list[int] = []
        try:
            for name in sorted(names):
                held.append(self._locked(name, told))  # noqa: PERF401 (what was taken is given back if the next isn't)
        except BaseException:
            _give_back(held)
            raise
        return lambda: _give_back(held)

    def _locked(self, name: str, told: str) -> int:
        path = self._folder / f"ecluse-{name}.lock"
        try:
            descriptor = _opened(path)
        except OSError as error:
            raise ProblemError(_unusable(path, error)) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            by = _said(descriptor)
            os.close(descriptor)
            raise TakenError(name, by) from None
        with suppress(OSError):  # another user's file: then it isn't said who
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, told.encode(), 0)
        return descriptor


def lock_folder(places: Sequence[str] = PLACES) -> Path:
    """Where everybody on this machine looks for them. No variable changes it, nor who asks, for two runs must agree:
    `/run/lock` is root's alone on some systems."""
    return next((Path(place) for place in places if _is_everybody_s(place)), Path(places[-1]))


def _is_everybody_s(place: str) -> bool:
    try:
        return bool(os.stat(place).st_mode & stat.S_IWOTH) and os.access(place, os.W_OK | os.X_OK)  # noqa: PTH116
    except OSError:
        return False


def _opened(path: Path) -> int:
    flags = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK  # whoever puts a pipe there shall not hold us up
    with suppress(FileExistsError):
        made = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | flags, _FOR_ALL)
        os.fchmod(made, _FOR_ALL)  # whatever the umask is
        return made
    try:
        return os.open(path, os.O_RDWR | flags)
    except PermissionError:
        return os.open(path, os.O_RDONLY | flags)


def _said(descriptor: int) -> str:
    return "".join(filter(str.isprintable, os.pread(descriptor, _TOLD, 0).decode(errors="replace")))


def _give_back(held: list[int]) -> None:
    """The files stay: one that was removed while another process waits for it would be a lock of its own."""
    while held:
        descriptor = held.pop()
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
        os.close(descriptor)


def _unusable(path: Path, error: OSError) -> Problem:
    return Problem(
        code="E061",
        what=f"the lock {path} can't be used: {error.strerror}",
        state="the step was not run",
        fix=f"remove {path}, if it is no file of yours, or make {path.parent} writable",
        exit=Exit.REFUSED,
    )
