"""A file that a process appends to, and that we read and give back to the disk while it is written."""

import contextlib
import os
import struct
from typing import Iterator, List

from ecluse.keeper import kernel, records

CHUNK = 256 * 1024
LONGEST = 64 * 1024
"""A line longer than this is cut: nobody may fill our memory by never ending one."""
FREED = 64 * 1024
"""Read data is given back in pieces of at least this size."""
_OFFSET = struct.Struct("<Q")


class RawFile:
    """Read from where the keeper before us stopped: the place stands in a file beside it."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._place = os.open(path + ".at", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        stored = os.pread(self._place, _OFFSET.size, 0)
        self._at = _OFFSET.unpack(stored)[0] if len(stored) == _OFFSET.size else 0
        self._next = self._at
        self._freed = self._at

    def lines(self) -> Iterator[List[str]]:
        """Finished lines, in portions; call `done` after each that was kept, else it comes again."""
        while True:
            data = os.pread(self._file, CHUNK, self._at)
            whole = _whole(data)
            if not whole:
                return
            self._next = self._at + len(whole)
            yield _split(whole)
            if self._at < self._next:
                return

    def done(self) -> None:
        self._at = self._next
        os.pwrite(self._place, _OFFSET.pack(self._at), 0)
        if self._at - self._freed >= FREED:
            self._free()

    def _free(self) -> None:
        try:
            kernel.punch_hole(self._file, self._freed, self._at - self._freed)
        except OSError:
            self._truncate()
        else:
            self._freed = self._at

    def _truncate(self) -> None:
        """Where holes can't be made. What is written between the look and the cut is lost."""
        if os.fstat(self._file).st_size == self._at:
            os.ftruncate(self._file, 0)
            self._at = self._next = self._freed = 0
            os.pwrite(self._place, _OFFSET.pack(0), 0)

    def rest(self) -> List[str]:
        """What is left, an unfinished last line too; nobody writes any more."""
        found: List[str] = []
        for lines in self.lines():
            found += lines
            self.done()
        last = os.pread(self._file, CHUNK, self._at)
        return found + (_split(last) if last else [])

    def close(self) -> None:
        for descriptor in (self._file, self._place):
            os.close(descriptor)

    def remove(self) -> None:
        self.close()
        for path in (self._path, self._path + ".at"):
            with contextlib.suppress(OSError):
                records.remove(path)


def _whole(data: bytes) -> bytes:
    """Up to the last line's end; a piece of a line that became too long counts as one."""
    end = data.rfind(b"\n") + 1
    return data[:end] if end else data[:LONGEST] if len(data) >= LONGEST else b""


def _split(data: bytes) -> List[str]:
    lines = data.split(b"\n")
    pieces = [line[at : at + LONGEST] for line in lines for at in range(0, max(len(line), 1), LONGEST)]
    texts = [piece.decode("utf-8", "replace").rstrip("\r") for piece in pieces]
    return texts[:-1] if data.endswith(b"\n") else texts
