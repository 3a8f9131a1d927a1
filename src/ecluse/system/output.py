"""Where the output of a program goes: masked, then into a log, to whoever watches, and its tail into memory.

However much is printed, memory stays bounded, the log has a limit, and whoever watches is told when there is too much.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

from ecluse.model.redaction import Mask
from ecluse.system.files import disk_problems

TAIL = 64 * 1024
LOG_LIMIT = 32 * 1024 * 1024
LIVE_LIMIT = 4 * 1024 * 1024
LINE_LIMIT = 8 * 1024
"""A line without an end is shown in pieces of this size."""


class Tail:
    """The last bytes of a stream."""

    def __init__(self, limit: int = TAIL) -> None:
        self._limit = limit
        self._bytes = bytearray()

    def write(self, data: bytes) -> None:
        self._bytes += data
        if len(self._bytes) > 2 * self._limit:
            del self._bytes[: -self._limit]

    @property
    def content(self) -> bytes:
        return bytes(self._bytes[-self._limit :])


class Log:
    """A file that keeps the head of what was printed and, when that was too much, a notice and the tail. Where nothing
    was printed there is none: of many small programs most say nothing."""

    def __init__(self, path: Path, limit: int = LOG_LIMIT) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._room = limit
        self._cut = 0

    def write(self, data: bytes) -> None:
        if self._room:
            with disk_problems(self._path):
                self._file = self._file or _opened(self._path)
                self._file.write(data[: self._room])
        self._cut += max(0, len(data) - self._room)
        self._room = max(0, self._room - len(data))

    def close(self, tail: bytes) -> None:
        if self._file is None:
            return
        with disk_problems(self._path), self._file:
            if self._cut:
                tail = tail[-self._cut :]
                self._file.write(f"\n[{self._cut - len(tail)} bytes left out here]\n".encode() + tail)


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("wb", buffering=0)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("wb", buffering=0)


class Lines:
    """Calls `show` with each line as it comes, up to a limit."""

    def __init__(self, show: Callable[[str], None], limit: int = LIVE_LIMIT) -> None:
        self._show = show
        self._room = limit
        self._open = b""

    def write(self, data: bytes) -> None:
        if self._room <= 0:
            return
        *lines, self._open = (self._open + data[: self._room]).split(b"\n")
        self._room -= len(data)
        for line in lines:
            self._tell(line)
        while len(self._open) > LINE_LIMIT:
            self._tell(self._open[:LINE_LIMIT])
            self._open = self._open[LINE_LIMIT:]
        if self._room <= 0:
            self.close()
            self._show("[more output than is shown here; the log has it]")

    def close(self) -> None:
        if self._open:
            self._tell(self._open)
        self._open = b""

    def _tell(self, line: bytes) -> None:
        self._show(line.rstrip(b"\r").decode(errors="replace"))


class Output:
    """Everything a program prints passes here once, in the order of arrival."""

    def __init__(self, log: Path | None, show: Callable[[str], None] | None, secrets: Iterable[str]) -> None:
        self._mask = Mask(secrets)
        self._tail = Tail()
        self._log = Log(log) if log else None
        self._lines = Lines(show) if show else None

    def write(self, data: bytes) -> None:
        self._pass_on(self._mask.feed(data))

    @property
    def holds_lines(self) -> bool:
        """Whole lines wait, because they may be the beginning of a secret."""
        return self._mask.holds_lines

    def let_lines_go(self) -> None:
        """Nothing came for a while: those who watch shall not wait for a line that is whole."""
        self._pass_on(self._mask.lines())

    def close(self) -> str:
        """Ends the log; the tail as text."""
        self._pass_on(self._mask.rest())
        if self._lines:
            self._lines.close()
        if self._log:
            self._log.close(self._tail.content)
        return self._tail.content.decode(errors="replace")

    def _pass_on(self, data: bytes) -> None:
        if not data:
            return
        self._tail.write(data)
        if self._log:
            self._log.write(data)
        if self._lines:
            self._lines.write(data)
