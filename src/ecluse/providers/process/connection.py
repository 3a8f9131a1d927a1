"""One connection to a keeper: orders and their answers, several under way at once."""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ecluse.wire import frames
from ecluse.wire.codes import PROTOCOL, OrderError

Document = dict[str, Any]


class LostError(Exception):
    """The keeper is gone, or was never there: nothing is known of the orders that were under way."""


class Connection:
    """Use from one event loop. Every wait ends: with an answer, or with LostError when the connection does."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Queue[Document | None]] = {}
        self._lost = False
        self._reading = asyncio.create_task(self._read(reader))

    @classmethod
    async def open(cls, path: Path) -> Connection:
        """LostError when nobody listens at `path`."""
        try:
            return cls(*await asyncio.open_unix_connection(sock=_connect(path)))
        except OSError as error:
            raise LostError(error.strerror or str(error)) from error

    @property
    def is_open(self) -> bool:
        return not self._lost

    async def order(
        self,
        name: str,
        args: Mapping[str, Any] | None = None,
        *,
        grant: Mapping[str, Any] | None = None,
        say: Callable[[str], None] | None = None,
    ) -> Document:
        """The result of an order; OrderError when it was refused. `say` gets the progress that it tells."""
        async for answer in self._answers(name, args, grant):
            if "ok" in answer:
                return _result(answer)
            if say is not None and "say" in answer:
                say(answer["say"])
        raise LostError("the connection ended before the answer")

    async def items(self, name: str, args: Mapping[str, Any]) -> AsyncIterator[Document]:
        """What a streaming order tells, until it ends."""
        async for answer in self._answers(name, args, None):
            if "ok" in answer:
                _result(answer)
                return
            if "item" in answer:
                yield answer["item"]
        raise LostError("the connection ended before the answer")

    async def close(self) -> None:
        self._reading.cancel()
        with suppress(asyncio.CancelledError):
            await self._reading
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()

    async def _answers(
        self, name: str, args: Mapping[str, Any] | None, grant: Mapping[str, Any] | None
    ) -> AsyncIterator[Document]:
        if self._lost:
            raise LostError("the connection has ended")
        number = next(self._numbers)
        queue = self._waiting[number] = asyncio.Queue()
        try:
            await self._send({"v": PROTOCOL, "id": number, "order": name, "grant": grant, "args": dict(args or {})})
            while (answer := await queue.get()) is not None:
                yield answer
        finally:
            del self._waiting[number]

    async def _send(self, request: Document) -> None:
        self._writer.write(frames.message(request))
        with suppress(OSError):  # the reader notices the end, too, and tells everybody who waits
            await self._writer.drain()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            with suppress(OSError, frames.FrameError):
                while (answer := await frames.read_message(reader)) is not None:
                    if (queue := self._waiting.get(answer.get("id", 0))) is not None:
                        queue.put_nowait(answer)
        finally:  # also when the event loop ends without a `close`
            self._lost = True
            self._writer.close()
            for queue in self._waiting.values():
                queue.put_nowait(None)


def _result(answer: Document) -> Document:
    if not answer["ok"]:
        raise OrderError(answer["code"], answer["message"], answer.get("evidence"))
    result: Document = answer["result"]
    return result


def _connect(path: Path) -> socket.socket:
    """By way of its folder's descriptor: a socket's name has at most 107 bytes (unix(7))."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(f"/proc/self/fd/{folder}/{path.name}")
    except OSError:
        connection.close()
        raise
    finally:
        os.close(folder)
    connection.setblocking(False)
    return connection
