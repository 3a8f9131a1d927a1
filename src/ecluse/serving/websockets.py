"""WebSockets end with code 1012, "service restart" (IANA's registry for RFC 6455), when their slot becomes lame."""

import asyncio
from time import perf_counter
from typing import Any, Awaitable, Callable, Dict, List, Optional, Set, Tuple

from ecluse.serving.lanes import Lanes

LOOK = 0.1
"""Seconds between two looks at the phase while a WebSocket is open. Nothing looks when none is."""

SERVICE_RESTART = 1012
REASON = "service restart"

Message = Dict[str, Any]


class Sockets:
    """The open WebSockets of one event loop."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self._open: Set[_Socket] = set()
        self._watch: "Optional[asyncio.Task[None]]" = None

    async def serve(self, app: Any, scope: Any, receive: Any, send: Any, extra: List[Tuple[bytes, bytes]]) -> None:
        """Runs the app's side of one connection; `extra` are headers for the answer to its handshake."""
        socket = _Socket(receive, send, extra)
        lane = self._lanes.mine()
        lane.websockets(1)
        began = perf_counter()
        self._open.add(socket)
        if self._watch is None:
            self._watch = asyncio.ensure_future(self._end_when_lame())
        try:
            await app(scope, socket.receive, socket.send)
        finally:
            self._open.discard(socket)
            lane.websockets(-1)
            lane.count(1 if socket.accepted else 4, perf_counter() - began)

    async def _end_when_lame(self) -> None:
        while self._open:
            await asyncio.sleep(LOOK)
            if self._lanes.lame():
                await asyncio.gather(*(socket.end() for socket in list(self._open)), return_exceptions=True)
        self._watch = None


class _Socket:
    """One connection as the app sees it."""

    def __init__(self, receive: Any, send: Any, extra: List[Tuple[bytes, bytes]]) -> None:
        self._receive: Callable[[], Awaitable[Message]] = receive
        self._send: Callable[[Message], Awaitable[None]] = send
        self._extra = extra
        self._waiting: "Optional[asyncio.Future[Message]]" = None
        self._over = False
        self._ended: "Optional[asyncio.Future[None]]" = None
        self.accepted = False

    async def receive(self) -> Message:
        if self._ended is not None:
            return await self._gone(self._ended)
        self._waiting = asyncio.ensure_future(self._receive())
        try:
            message = await self._waiting
        except asyncio.CancelledError:
            if self._ended is None:
                raise
            return await self._gone(self._ended)
        finally:
            self._waiting = None
        if message["type"] == "websocket.disconnect":
            self._over = True
        return message

    async def send(self, message: Message) -> None:
        if self._over:
            return  # what is sent after the end goes nowhere (ASGI, "Disconnect - receive event")
        if message["type"] == "websocket.accept":
            self.accepted = True
            if self._extra:
                message = {**message, "headers": [*(message.get("headers") or ()), *self._extra]}
        elif message["type"] == "websocket.close":
            self._over = True
        await self._send(message)

    async def end(self) -> None:
        """Close from our side. granian holds a close back while the app waits for a message: so it stops waiting."""
        if self._over or not self.accepted:
            return
        self._over = True
        self._ended = asyncio.get_running_loop().create_future()
        if self._waiting is not None:
            self._waiting.cancel()
            await asyncio.sleep(0)
        try:
            await self._send({"type": "websocket.close", "code": SERVICE_RESTART, "reason": REASON})
        finally:
            self._ended.set_result(None)

    @staticmethod
    async def _gone(ended: "asyncio.Future[None]") -> Message:
        """Only after our close has left: a server closes in its own way as soon as the app returns."""
        await asyncio.shield(ended)
        return {"type": "websocket.disconnect", "code": SERVICE_RESTART, "reason": REASON}
