"""One connection to a keeper: orders and their answers, several under way at once."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol

from ecluse.wire import frames
from ecluse.wire.codes import PROTOCOL, OrderError

Document = dict[str, Any]

ANSWER = 2.5
"""Seconds within which a keeper answers what takes it no time. The loop of one that lives is never busy for so long."""
AT_ONCE = frozenset({"hello", "observe", "port", "take", "wait", "evict", "give_back"})
"""Orders that take a keeper no time; like `ask` and `renew`, which bring a time of their own, they have a deadline.

All others take their time (a drain, a build): while one is silent, the keeper is asked for a sign of life.
"""
WITH_DATA = frozenset({"put"})
ONCE_SILENT = 1 / 5
"""Share of that for a keeper that left an order unanswered and has said nothing since: a host that is lost must not
cost its time again with each order of an undo."""
OF_A_LEASE = 1 / 8
"""What a renewal may take, as a share of the lease: two tries must fit between two renewals and the end of orders."""


class LostError(Exception):
    """The keeper is gone, or was never there: nothing is known of the orders that were under way."""


class SilentError(LostError):
    """It is there and says nothing: stopped, or its machine hangs. No other one takes over."""


class Outlet(Protocol):
    """What goes to the keeper."""

    def write(self, data: bytes) -> None: ...
    def close(self) -> None: ...
    def abort(self) -> None:
        """At once, whatever was not sent yet."""

    async def wait_closed(self) -> None: ...


class Connection:
    """Use from one event loop. Every wait ends: with an answer, or with LostError when the connection does, and when
    the keeper is silent for too long (it was stopped, or its machine hangs).

    A silent one keeps its connection: it obeys in their order the orders that it finds there when it goes on.
    """

    def __init__(self, reader: frames.Reader, writer: Outlet, patience: float = ANSWER) -> None:
        self._writer = writer
        self._full_patience = patience
        self._is_silent = False
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Queue[Document | None]] = {}
        self._lost = False
        self._reading = asyncio.create_task(self._read(reader))

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
        data: bytes = b"",
    ) -> Document:
        """The result of an order; OrderError when it was refused. `say` gets the progress that it tells; `data` goes
        behind an order that takes some (`put`)."""
        async for answer in self._answers(name, args, grant, data):
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
        self._writer.abort()  # `close` would wait for a silent keeper to read what it was sent
        with suppress(OSError):
            await self._writer.wait_closed()

    async def _answers(
        self, name: str, args: Mapping[str, Any] | None, grant: Mapping[str, Any] | None, data: bytes = b""
    ) -> AsyncIterator[Document]:
        if self._lost:
            raise LostError("the connection has ended")
        number = next(self._numbers)
        queue = self._waiting[number] = asyncio.Queue()
        try:
            self._send({"v": PROTOCOL, "id": number, "order": name, "grant": grant, "args": dict(args or {})}, data)
            while (answer := await self._next(queue, name, args or {})) is not None:
                yield answer
        finally:
            del self._waiting[number]

    async def _next(self, queue: asyncio.Queue[Document | None], name: str, args: Mapping[str, Any]) -> Document | None:
        deadline = deadline_of(name, args, self._patience)
        while True:
            try:
                async with asyncio.timeout(deadline or self._patience):
                    return await queue.get()
            except TimeoutError:
                if deadline is not None:
                    self._is_silent = True
                    raise SilentError(f"no answer to `{name}` within {deadline:g} s") from None
            await self.order("hello")

    @property
    def _patience(self) -> float:
        return self._full_patience * (ONCE_SILENT if self._is_silent else 1)

    def _send(self, request: Document, data: bytes) -> None:
        """Not waited for: whoever reads nothing is silent, which the wait for the answer notices."""
        self._writer.write(frames.message(request) + (frames.data(data) if request["order"] in WITH_DATA else b""))

    async def _read(self, reader: frames.Reader) -> None:
        try:
            with suppress(OSError, frames.FrameError):
                while (answer := await frames.read_message(reader)) is not None:
                    self._is_silent = False
                    if (queue := self._waiting.get(answer.get("id", 0))) is not None:
                        queue.put_nowait(answer)
        finally:  # also when the event loop ends without a `close`
            self._lost = True
            self._writer.close()
            for queue in self._waiting.values():
                queue.put_nowait(None)


def deadline_of(name: str, args: Mapping[str, Any], patience: float = ANSWER) -> float | None:
    """In seconds; None for an order that takes as long as it takes."""
    if name == "renew":
        return float(args["seconds"]) * OF_A_LEASE
    if name == "ask":
        return float(args["seconds"]) + patience
    return patience if name in AT_ONCE else None


def _result(answer: Document) -> Document:
    if not answer["ok"]:
        raise OrderError(answer["code"], answer["message"], answer.get("evidence"))
    result: Document = answer["result"]
    return result
