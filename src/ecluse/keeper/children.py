"""Programs that the keeper runs to their end: migrations, build commands, pip. They never outlive their call."""

import contextlib
import os
import select
import threading
import time
from typing import Callable, Iterator, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from ecluse.keeper import processes

KEPT = 64 * 1024
"""Bytes of output that are kept, the last ones."""
_LOOK = 0.5
"""Seconds between two looks at which descendants there are, to find those that leave the session."""


class Ended(NamedTuple):
    """How a program ended. `exit_code` is None when a signal ended it; `output` holds both streams."""

    exit_code: Optional[int]
    output: str
    seconds: float
    timed_out: bool


class Children:
    """Programs under way; `run` may be called from several threads, `kill` from any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: Set[int] = set()
        self._killed = False

    def run(
        self,
        words: Sequence[str],
        environment: Mapping[str, str],
        folder: str,
        seconds: float,
        on_line: Optional[Callable[[str], None]] = None,
    ) -> Ended:
        """Blocks until the program and all its descendants have ended. K041 when it can't be started."""
        began = time.monotonic()
        output = _Output(on_line)
        try:
            pid = processes.start(processes.Order(words, environment, folder, output.path, output.path))
            with self._known(pid):
                timed_out = _wait(pid, output, began + seconds)
            _, status = os.waitpid(pid, 0)
        finally:
            text = output.finish()
        code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
        return Ended(code, text, time.monotonic() - began, timed_out)

    def kill(self) -> None:
        """End what runs, and refuse what would start from now on: it ends at once."""
        with self._lock:
            self._killed = True
            running = set(self._running)
        for pid in running:
            processes.end_family(pid)

    @contextlib.contextmanager
    def _known(self, pid: int) -> Iterator[None]:
        with self._lock:
            self._running.add(pid)
            killed = self._killed
        if killed:
            processes.end_family(pid)
        try:
            yield
        finally:
            with self._lock:
                self._running.discard(pid)


def _wait(pid: int, output: "_Output", deadline: float) -> bool:
    """Read until the program ends or must; then end its whole family. Whether its time was over."""
    pidfd = os.pidfd_open(pid)
    known: Set[Tuple[int, int]] = set()
    try:
        while True:
            left = deadline - time.monotonic()
            ready, _, _ = select.select([pidfd, output.reader], [], [], max(0.0, min(left, _LOOK)))
            if output.reader in ready:
                output.read()
            if pidfd in ready or left <= 0:
                return pidfd not in ready
            if not ready:
                known |= processes.named(processes.family(pid))
    finally:
        os.close(pidfd)
        processes.end_family(pid, known)


class _Output:
    """The pipe that a program prints to. It is read until the program ends, not until the pipe does: a descendant
    may hold it open, and the program may close it. So we hold its writing end too."""

    def __init__(self, on_line: Optional[Callable[[str], None]]) -> None:
        self.reader, self._writer = os.pipe()
        os.set_blocking(self.reader, False)
        self.path = "/proc/self/fd/%d" % self._writer
        self._on_line = on_line
        self._kept = b""
        self._line = b""

    def read(self) -> bool:
        """Take what is there; whether there was anything."""
        try:
            data = os.read(self.reader, KEPT)
        except BlockingIOError:
            return False
        self._kept = (self._kept + data)[-KEPT:]
        if self._on_line:
            *lines, rest = (self._line + data).split(b"\n")
            self._line = rest[-KEPT:]
            for line in lines:
                self._on_line(line.decode("utf-8", "replace"))
        return True

    def finish(self) -> str:
        while self.read():
            pass
        if self._on_line and self._line:
            self._on_line(self._line.decode("utf-8", "replace"))
        os.close(self.reader)
        os.close(self._writer)
        return self._kept.decode("utf-8", "replace")
