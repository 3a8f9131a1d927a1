"""Reading what a program prints."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

from ecluse.system.output import Output

PATIENCE = 0.05
"""Seconds for which whole lines are held that may be the beginning of a secret."""
_MOMENT = 0.005
"""Seconds for which nobody looks for output: a program that is over by then has it read at its end, and to listen would
take longer than such a program."""
_PIECE = 64 * 1024
"""As much as a pipe holds, unless somebody has made it larger (pipe(7))."""
_LAST_WORDS = 1.0
"""Seconds that we wait for the end of output when somebody outside still holds the other end."""


class Printed:
    """From the pipe `read`, which it closes, to `output`; `failed` is told what is in the way, which ends it."""

    def __init__(self, read: int, output: Output, failed: Callable[[BaseException], None]) -> None:
        self._read, self._output, self._failed = read, output, failed
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[None] | None = None
        """Of the output, once it is listened to."""
        self._waiting = self._loop.call_later(_MOMENT, self._listen)
        os.set_blocking(read, False)

    async def to_the_end(self) -> None:
        """Once the program and all that it started is gone."""
        if self._ended is None and (self._pump() and self._pump()):
            self._waiting.cancel()
            self._listen()
        if self._ended:  # somebody outside may still hold the other end of the pipe
            await asyncio.wait([self._ended], timeout=_LAST_WORDS)

    def close(self) -> None:
        self._waiting.cancel()
        if self._ended:
            self._loop.remove_reader(self._read)
        os.close(self._read)

    def _listen(self) -> None:
        self._ended = self._loop.create_future()
        self._loop.add_reader(self._read, self._hear)

    def _hear(self) -> None:
        self._waiting.cancel()
        if not self._pump() and self._ended:
            self._loop.remove_reader(self._read)
            self._ended.set_result(None)
        elif self._output.holds_lines:
            self._waiting = self._loop.call_later(PATIENCE, self._let_go)

    def _pump(self) -> bool:
        """Pass on what is there; whether there may be more."""
        try:
            piece = os.read(self._read, _PIECE)
        except BlockingIOError:
            return True
        try:
            self._output.write(piece)
        except BaseException as error:  # noqa: BLE001 (whoever runs the program raises it)
            self._failed(error)
            return False
        return bool(piece)

    def _let_go(self) -> None:
        try:
            self._output.let_lines_go()
        except BaseException as error:  # noqa: BLE001 (whoever runs the program raises it)
            self._failed(error)
