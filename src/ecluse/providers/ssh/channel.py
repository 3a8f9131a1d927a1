"""The two ends of a remote command, as a Connection wants them: asyncssh's errors are those of a stream."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from ecluse.providers.ssh.library import asyncssh

T = TypeVar("T")
Process = asyncssh.SSHClientProcess[bytes]


class Inlet:
    """What it prints."""

    def __init__(self, reader: asyncssh.SSHReader[bytes]) -> None:
        self._reader = reader

    async def read(self, n: int) -> bytes:
        return await _as_stream(self._reader.read(n))

    async def readexactly(self, n: int) -> bytes:
        return await _as_stream(self._reader.readexactly(n))


async def _as_stream(reading: Awaitable[T]) -> T:
    try:
        return await reading
    except asyncssh.Error as error:
        raise ConnectionResetError(error.reason) from error


class Outlet:
    """What it is given."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def write(self, data: bytes) -> None:
        """One that is lost is noticed by whoever waits for an answer."""
        with suppress(OSError, asyncssh.Error):
            self._process.stdin.write(data)

    def close(self) -> None:
        self._process.close()

    def abort(self) -> None:
        self._process.channel.abort()

    async def wait_closed(self) -> None:
        await self._process.wait_closed()


class Feed:
    """What is sent on a connection that is carried; `close` ends all of it."""

    def __init__(self, writer: asyncssh.SSHWriter[bytes], close: Callable[[], None]) -> None:
        self._writer, self.close = writer, close

    def write(self, data: bytes) -> None:
        """One that is lost is noticed by `drain`."""
        with suppress(OSError, asyncssh.Error):
            self._writer.write(data)

    async def drain(self) -> None:
        await _as_stream(self._writer.drain())

    def write_eof(self) -> None:
        with suppress(OSError, asyncssh.Error):
            self._writer.write_eof()
