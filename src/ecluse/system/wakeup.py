"""Signals as something to wait for with select(2).

A handler that raised could interrupt the very clean-up that an earlier reason to end had begun.
"""

from __future__ import annotations

import signal
import socket


class Wakeup:
    """Readable when a child has ended or SIGTERM has come. One per process: a forked child makes its own."""

    def __init__(self) -> None:
        self._reads, self._writes = socket.socketpair()
        for end in (self._reads, self._writes):
            end.setblocking(False)
        signal.set_wakeup_fd(self._writes.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, _noted)

    def fileno(self) -> int:
        return self._reads.fileno()

    def take(self) -> bool:
        """Take what has come, which must be something; whether SIGTERM was among it."""
        return signal.SIGTERM in self._reads.recv(4096)

    def close(self) -> None:
        self._reads.close()
        self._writes.close()


def _noted(number: int, frame: object) -> None:
    """Its number went to the socket."""
