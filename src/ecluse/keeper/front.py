"""The relay in front of both slots, for systems whose kernel can't share connections between two sockets."""

import os
import random
import signal
from typing import Any, Callable, Dict, Mapping, Optional, Tuple

from ecluse.keeper import listeners, processes, program, records
from ecluse.keeper.places import Home
from ecluse.keeper.routing import SLOTS
from ecluse.keeper.worker import Worker

NAME = "front"
_BUDGET = 5.0


class Front:
    """A process of its own, so that it survives the keeper. It reads the weights from a file at each connection, and
    keeps all three sockets for the next keeper."""

    def __init__(self, home: Home, changed: Callable[[], None]) -> None:
        self._home, self._changed = home, changed
        self._path = home.below("front.json")
        self._worker: Optional[Worker] = None

    def _make(self, pair: listeners.Pair) -> Worker:
        sockets = tuple(pair[name].fileno() for name in (NAME, *SLOTS))
        words = program.command("relay", "--fd", "3", "--table", self._path)
        order = processes.Order(words, program.environment(), "/", self._home.life, self._home.life, sockets)
        return Worker(NAME, NAME, lambda: order, changed=lambda _: self._changed(), may_give_up=lambda: False)

    def route(self, blue: int, pair: listeners.Pair) -> None:
        """The share of blue from the next connection on."""
        ports = {slot: pair[slot].getsockname()[1] for slot in SLOTS}
        records.write(self._path, {"blue": blue, "ports": ports}, durable=False)
        if self._worker is None:
            self._worker = self._make(pair)
            self._worker.start()

    def adopt(self, record: Dict[str, Any], pair: listeners.Pair) -> None:
        self._worker = self._make(pair)
        self._worker.adopt(record)

    def record(self) -> Optional[Dict[str, Any]]:
        return self._worker.record() if self._worker else None

    async def stop(self) -> None:
        if self._worker:
            await self._worker.stop(signal.SIGTERM, _BUDGET)
        self._worker = None
        records.remove(self._path)


class Table:
    """The file as the relay reads it: again whenever it was replaced."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._seen: Tuple[int, int] = (0, 0)
        self._content: Mapping[str, Any] = {}

    def port(self) -> int:
        """Where the next connection goes."""
        found = os.stat(self._path)
        if (found.st_ino, found.st_mtime_ns) != self._seen:
            self._content = records.read(self._path) or self._content
            self._seen = (found.st_ino, found.st_mtime_ns)
        slot = SLOTS[0] if random.random() * 100 < self._content["blue"] else SLOTS[1]  # noqa: S311 it shares load
        return int(self._content["ports"][slot])
