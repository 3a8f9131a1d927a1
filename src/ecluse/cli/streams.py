"""Standard output and error that never end a command: whoever reads them may be gone, and a deploy must go on."""

from __future__ import annotations

import errno
import fcntl
import io
import os
import sys
import termios
from array import array
from pathlib import Path
from typing import TextIO

GONE = frozenset({errno.EPIPE, errno.EIO})
"""The reader of a pipe ended, or a terminal was closed: nobody is left to be told."""


STANDARD_INPUT, STANDARD_OUTPUT, STANDARD_ERROR = 0, 1, 2


class Forgiving(io.TextIOWrapper):
    """Text that can't be written is dropped, from the first failure on. `trouble` keeps what went wrong."""

    trouble: OSError | None = None

    def write(self, text: str) -> int:
        if self.trouble is None:
            try:
                return super().write(text)
            except OSError as error:
                self._give_up(error)
        return len(text)

    def flush(self) -> None:
        if self.trouble is not None or self.closed:
            return
        try:
            super().flush()
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        """What is buffered still goes somewhere, else the interpreter would try again at its end, and complain."""
        self.trouble = error
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)


def forgive() -> None:
    """Replace both streams; one that the caller had closed leads nowhere."""
    _occupy_standard_descriptors()
    sys.stdout = _forgiving(sys.stdout, STANDARD_OUTPUT)
    sys.stderr = _forgiving(sys.stderr, STANDARD_ERROR)


def _occupy_standard_descriptors() -> None:
    """Else the next file that is opened, a database say, would be what a child takes for its standard error."""
    descriptor = os.open(os.devnull, os.O_RDWR)
    while descriptor <= STANDARD_ERROR:
        descriptor = os.open(os.devnull, os.O_RDWR)
    os.close(descriptor)


def _forgiving(stream: TextIO | None, descriptor: int) -> TextIO:
    if stream is None:
        return Path(os.devnull).open("w", encoding="utf-8")
    buffered = io.BufferedWriter(io.FileIO(descriptor, "w", closefd=False))
    # A name on a disk needn't be text: it is shown escaped instead of ending us.
    return Forgiving(buffered, encoding=stream.encoding, errors="backslashreplace", line_buffering=stream.isatty())


def has_input(descriptor: int) -> bool:
    """Whether something was piped there, which is left where it is: bytes wait, and nobody types them."""
    waiting = bytearray(array("i", [0]))
    try:
        fcntl.ioctl(descriptor, termios.FIONREAD, waiting)
    except OSError:
        return False
    return any(waiting) and not os.isatty(descriptor)


def is_read(stream: TextIO) -> bool:
    """Whether somebody may still read what is written to `stream`."""
    return getattr(stream, "trouble", None) is None


def trouble(stream: TextIO) -> OSError | None:
    """Why what was written is lost, if that is anybody's loss: a full disk, not a reader who had enough."""
    stream.flush()
    error: OSError | None = getattr(stream, "trouble", None)
    return None if error is None or error.errno in GONE else error
