"""Our own standard streams: fills ports.terminal.Terminal."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import termios
import tty
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from ecluse.ports.terminal import Size

PIECE = 1 << 16
IN, OUT, ERRORS = 0, 1, 2
USUAL = os.terminal_size((80, 24))


class StandardStreams:
    """The descriptors are used as they are: one that is made non-blocking would be so for our caller's shell too."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._kind = env.get("TERM", "")

    @property
    def is_interactive(self) -> bool:
        return os.isatty(IN) and os.isatty(OUT)

    @property
    def kind(self) -> str:
        return self._kind or "dumb"

    def size(self) -> Size:
        try:
            found = os.get_terminal_size(OUT)
        except OSError:
            found = USUAL
        return Size(columns=found.columns or USUAL.columns, rows=found.lines or USUAL.lines)

    async def read(self) -> bytes:
        await _readable(IN)
        try:
            return os.read(IN, PIECE)
        except OSError as error:
            if error.errno != errno.EIO:  # the terminal was closed
                raise
            return b""

    async def write(self, data: bytes, *, errors: bool = False) -> None:
        """In a thread: a reader that is slow must not hold up the renewal of a lease."""
        await asyncio.to_thread(_write, ERRORS if errors else OUT, data)

    @contextmanager
    def raw(self, resized: Callable[[Size], None]) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        before = termios.tcgetattr(IN)
        loop.add_signal_handler(signal.SIGWINCH, lambda: resized(self.size()))
        tty.setraw(IN)
        try:
            yield
        finally:
            termios.tcsetattr(IN, termios.TCSADRAIN, before)
            loop.remove_signal_handler(signal.SIGWINCH)


async def _readable(descriptor: int) -> None:
    """A file always is; epoll(7) takes none."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    try:
        loop.add_reader(descriptor, ready.set)
    except PermissionError:
        return
    try:
        await ready.wait()
    finally:
        loop.remove_reader(descriptor)


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
