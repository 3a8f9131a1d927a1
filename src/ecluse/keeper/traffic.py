"""The public port: its pair of sockets, how new connections are shared, and what reaches a slot without a process."""

import asyncio
import contextlib
import os
import socket
from typing import Any, Callable, Dict, Mapping, Optional, Set, Tuple

from ecluse.keeper import listeners, routing
from ecluse.keeper.durable import SealedFile
from ecluse.keeper.front import Front
from ecluse.keeper.places import Home
from ecluse.wire import codes

NOBODY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 23\r\n"
    b"Connection: close\r\nRetry-After: 1\r\n\r\nno release serves here\n"
)
PATIENCE = 30.0
LAST = 2.0
"""Seconds that what is being passed on may still take when the port is closed."""
OTHER = {"blue": "green", "green": "blue"}


class Traffic:
    """`weights` are None until a slot served for the first time; then new connections meet a 503 of ours."""

    def __init__(self, home: Home) -> None:
        self._file = SealedFile(home.routes, flush=False)
        self.changed: Callable[[], None] = lambda: None
        """Called when the pair was opened or closed."""
        self.pair: Optional[listeners.Pair] = None
        self.address, self.port = "", 0
        self.weights: Optional[Dict[str, int]] = None
        self.sticky = False
        """Whether a client's address decides which share it belongs to; not behind a relay."""
        self._front = Front(home, self.save)
        self._stragglers: Set[str] = set()
        self._relaying: Set["asyncio.Task[None]"] = set()

    @property
    def serving(self) -> Optional[str]:
        """The slot with most of the traffic."""
        return max(self.weights, key=lambda slot: (self.weights or {})[slot]) if self.weights else None

    @property
    def kind(self) -> str:
        """Who shares the connections."""
        if self.pair is None:
            return "none"
        return "relay" if "front" in self.pair else "kernel"

    @property
    def url(self) -> str:
        if not self.port:
            return ""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.address, self.address)  # noqa: S104
        return "http://%s:%d" % ("[%s]" % host if ":" in host else host, self.port)

    def sockets(self, slot: str) -> Tuple[socket.socket, socket.socket]:
        """The slot's own and the other one."""
        if self.pair is None:
            raise codes.OrderError(codes.INTERNAL, "the sockets are not open")
        return self.pair[slot], self.pair[OTHER[slot]]

    def bind(self, address: str, port: int) -> bool:
        """Open the pair if it isn't; whether it was opened now. K020 when the port is taken."""
        if self.pair is not None:
            self.require(address, port)
            return False
        self.pair = _open(address, port)
        self.address, self.port = address, port
        for slot in routing.SLOTS:
            self.vacate(slot)
        self.changed()
        return True

    def require(self, address: str, port: int) -> None:
        """Nothing when `bind` could have that port, else its OrderError; opens nothing."""
        if self.pair is None:
            listeners.require(address, port)
        elif (address, port) != (self.address, self.port):
            raise codes.OrderError(
                codes.LISTENS_ELSEWHERE,
                "this environment listens on %s port %d; stop it before it moves to %s port %d"
                % (self.address, self.port, address, port),
            )

    def adopt(self, pair: listeners.Pair, record: Mapping[str, Any]) -> None:
        """Go on with an earlier keeper's sockets and weights."""
        self.pair = pair
        self.address, self.port = pair["front" if "front" in pair else "blue"].getsockname()[:2]
        self.weights = dict(record["weights"]) if record.get("weights") else None
        self.sticky = bool(record.get("sticky"))
        if record.get("front") and "front" in pair:
            self._front.adopt(record["front"], pair)

    def probe(self, slot: str) -> Tuple[str, int]:
        """Where a private question to the slot is asked."""
        if self.pair and "front" in self.pair:
            address, port = self.pair[slot].getsockname()[:2]
            return str(address), int(port)
        return self.address, self.port

    def route(self, weights: Mapping[str, int], *, sticky: bool = False) -> None:
        self.weights, self.sticky = dict(weights), sticky
        self._attach(weights["blue"])
        self.save()

    def hold_back(self, slot: str) -> None:
        """Nothing serves yet: the public goes to the other slot, which is empty, until `slot` has passed its gate."""
        if self.weights is None:
            self._attach(0 if slot == "blue" else 100)

    def set_aside(self, slot: str) -> None:
        """New connections wait in the queue of the other slot, where nothing runs; the weights stay."""
        self.occupy(OTHER[slot])
        self._attach(0 if slot == "blue" else 100)

    def take_back(self, slot: str) -> None:
        """As the weights say again; what waits in the other slot's queue is passed on, before anything starts there."""
        self.restore()
        self.vacate(OTHER[slot])
        if self.pair is not None:
            waiting = self.pair[OTHER[slot]]
            for _ in range(listeners.queued(waiting)):
                self._accept(waiting)

    def restore(self) -> None:
        """Route again as recorded; the same weights change nothing."""
        if self.weights is not None:
            self._attach(self.weights["blue"])

    def nobody(self) -> None:
        self.weights = None
        self.save()

    def _attach(self, blue: int) -> None:
        if self.pair is None:
            return
        if "front" in self.pair:
            self._front.route(blue, self.pair)
        else:
            routing.attach(self.pair["blue"], blue, sticky=self.sticky)

    def save(self) -> None:
        with contextlib.suppress(OSError, codes.OrderError):
            self._file.save(
                {
                    "address": self.address,
                    "port": self.port,
                    "weights": self.weights,
                    "sticky": self.sticky,
                    "front": self._front.record(),
                }
            )

    async def close(self) -> None:
        if self.pair is None:
            return
        await self._front.stop()
        if self._relaying:
            await asyncio.wait(self._relaying, timeout=LAST)
        for slot in routing.SLOTS:
            self.occupy(slot)
        for listener in self.pair.values():
            listener.close()
        self.pair, self.weights = None, None
        self.address, self.port = "", 0
        self._file.remove()
        self.changed()

    def vacate(self, slot: str) -> None:
        """Nothing runs in the slot: what still arrives there (its handshake began before the shift) is relayed."""
        if self.pair is None or slot in self._stragglers:
            return
        listener = self.pair[slot]
        if not listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            listener.listen(listeners.BACKLOG)
        listener.setblocking(False)
        self._stragglers.add(slot)
        asyncio.get_running_loop().add_reader(listener, self._accept, listener)

    def occupy(self, slot: str) -> None:
        if self.pair is not None and slot in self._stragglers:
            self._stragglers.discard(slot)
            asyncio.get_running_loop().remove_reader(self.pair[slot])

    def _accept(self, listener: socket.socket) -> None:
        try:
            client, address = listener.accept()
        except OSError:
            return
        client.setblocking(False)
        private = address[0] in routing.PROBES.values()
        task = asyncio.get_running_loop().create_task(self._relay(client, private=private))
        self._relaying.add(task)
        task.add_done_callback(self._relaying.discard)

    async def _relay(self, client: socket.socket, *, private: bool) -> None:
        with contextlib.suppress(OSError, asyncio.TimeoutError):
            if private or not self._somebody_serves:
                await self._refuse(client)
            else:
                await self._connect(client)
        client.close()

    @property
    def _somebody_serves(self) -> bool:
        """Whether what is passed on arrives at a process, and not here once more."""
        weights = self.weights or {}
        return bool(weights) and not any(weights[slot] for slot in self._stragglers)

    async def _refuse(self, client: socket.socket) -> None:
        """Read what was asked before the answer: closing with unread data would reset the connection."""
        reader, writer = await asyncio.open_connection(sock=client)
        await asyncio.wait_for(reader.read(65536), 5)
        writer.write(NOBODY)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def _connect(self, client: socket.socket) -> None:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.address, self.address)  # noqa: S104
        upstream = await asyncio.wait_for(asyncio.open_connection(host, self.port), PATIENCE)
        downstream = await asyncio.open_connection(sock=client)
        await splice(downstream, upstream)


def _open(address: str, port: int) -> listeners.Pair:
    """A pair that the kernel shares connections between, or one behind a relay where it can't."""
    if os.environ.get("ECLUSE_ROUTING") == "relay":
        return listeners.open_behind(address, port)
    pair = listeners.open_pair(address, port)
    try:
        routing.attach(pair["blue"], 100)
    except OSError:
        for listener in pair.values():
            listener.close()
        return listeners.open_behind(address, port)
    return pair


Stream = Tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def splice(one: Stream, other: Stream) -> None:
    """Pass bytes both ways until both sides have ended."""
    await asyncio.gather(_pump(one[0], other[1]), _pump(other[0], one[1]), return_exceptions=True)
    for _, writer in (one, other):
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            data = await reader.read(65536)
            if not data:
                break
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except OSError:
        writer.close()
