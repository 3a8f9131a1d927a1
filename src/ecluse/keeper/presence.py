"""How commands find a keeper: its lock, its order socket, and a file that says who it is, all in the home."""

import contextlib
import fcntl
import os
import socket
import time
from typing import Any, Dict, Optional, Tuple

from ecluse.keeper import records, unixsocket
from ecluse.keeper.places import Home

Json = Dict[str, Any]
PATIENCE = 15.0
"""Seconds in which a keeper that somebody else is starting must answer, or one that is ending must be gone."""

_Mark = Optional[Tuple[int, int]]


def take_lock(home: Home) -> Optional[int]:
    """Held as long as we live, and over an exec; None when another process has it."""
    descriptor = os.open(home.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def lock_or_neighbour(home: Home, patience: float = PATIENCE) -> Optional[int]:
    """The lock; None when another keeper is there and answers. TimeoutError, which names it, when it does neither
    answer nor end."""
    deadline = time.monotonic() + patience
    while True:
        lock = take_lock(home)
        if lock is not None or _answers(home):
            return lock
        if time.monotonic() >= deadline:
            pid = (records.read(home.identity) or {}).get("pid", "unknown")
            raise TimeoutError("another keeper of %s is there (pid %s) and doesn't answer" % (home.path, pid))
        time.sleep(0.02)


def _answers(home: Home) -> bool:
    try:
        unixsocket.connect(home.socket).close()
    except OSError:
        return False
    return True


class Presence:
    """`lock` is what `take_lock` gave; `listener` one that was handed over, else a new one is bound."""

    def __init__(self, home: Home, identity: Json, lock: int, listener: Optional[socket.socket] = None) -> None:
        self._home, self._identity = home, identity
        self.lock = lock
        self.listener = listener or unixsocket.bind(home.socket)
        self._mark = _mark(home.socket)
        self._introduce()

    @property
    def is_found(self) -> bool:
        """Whether a command that looks for us finds us, and no other keeper could be started beside us."""
        lock = os.fstat(self.lock)
        return _mark(self._home.socket) == self._mark and _mark(self._home.lock) == (lock.st_dev, lock.st_ino)

    def restore(self) -> bool:
        """Make everything anew where it should be; the listener is another one. False: another keeper has our place."""
        self._home.make()
        lock = os.fstat(self.lock)
        if _mark(self._home.lock) != (lock.st_dev, lock.st_ino):
            fresh = take_lock(self._home)
            if fresh is None:
                return False
            os.close(self.lock)
            self.lock = fresh
        self.listener = unixsocket.bind(self._home.socket)
        self._mark = _mark(self._home.socket)
        self._introduce()
        return True

    def _introduce(self) -> None:
        with contextlib.suppress(OSError):
            records.write(self._home.identity, self._identity, durable=False)

    def remove(self) -> None:
        for path in (self._home.socket, self._home.identity):
            records.remove(path)


def _mark(path: str) -> _Mark:
    try:
        seen = os.stat(path)
    except OSError:
        return None
    return seen.st_dev, seen.st_ino
