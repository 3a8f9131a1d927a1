"""The relay: accepts on a slot's socket and passes bytes on to servers that only know a port."""

import asyncio
import contextlib
import itertools
import signal
import socket
from typing import Callable, List, Set, Tuple

from ecluse.keeper.front import Table
from ecluse.keeper.traffic import splice

PATIENCE = 60.0
RETRY = 0.05


class Relay:
    """Each connection goes to the port that `choose` names. A server that doesn't listen yet is waited for."""

    def __init__(self, choose: Callable[[], int]) -> None:
        self._choose = choose
        self._open: Set["asyncio.Task[None]"] = set()

    def accept(self, listener: socket.socket) -> None:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        client.setblocking(False)
        task = asyncio.get_running_loop().create_task(self._pass(client))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _pass(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError, asyncio.TimeoutError):
            upstream = await asyncio.wait_for(self._connect(), PATIENCE)
            downstream = await asyncio.open_connection(sock=client)
            await splice(downstream, upstream)
        client.close()

    async def _connect(self) -> Tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while True:
            try:
                return await asyncio.open_connection("127.0.0.1", self._choose())
            except ConnectionRefusedError:
                await asyncio.sleep(RETRY)


async def _serve(descriptor: int, choose: Callable[[], int]) -> None:
    listener = socket.socket(fileno=descriptor)
    listener.setblocking(False)
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    relay = Relay(choose)
    loop.add_reader(listener, relay.accept, listener)
    await ended.wait()
    loop.remove_reader(listener)


def main(descriptor: int, ports: List[int], table: str) -> int:
    """Until SIGTERM; the keeper has drained the slot before it sends that. Round the ports, or as the table says."""
    turns = itertools.cycle(ports)
    asyncio.run(_serve(descriptor, Table(table).port if table else lambda: next(turns)))
    return 0
