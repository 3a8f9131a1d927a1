"""Orders to the keeper of one environment, whichever it is that takes them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from ecluse.ports.clock import Clock
from ecluse.ports.target import Grant
from ecluse.providers.keeper.connection import Connection, Document, LostError, SilentError
from ecluse.providers.keeper.problems import problem, unreachable
from ecluse.providers.keeper.reach import Reach, Start
from ecluse.wire.codes import OrderError

QUESTIONS = frozenset({"hello", "observe", "port", "platform", "ask", "flaw", "missing", "expect", "shell", "way"})
"""Orders that change nothing: they wait for the next keeper, and are asked again."""
SUCCESSOR = 8.0
"""Seconds within which a keeper that ended has a successor that answers; its holder starts one at once, and the next
after two tenths."""
BETWEEN = 0.1


class Orders:
    """A keeper that is lost in the middle of an order is started again and asked once more, because orders may be
    repeated; a one-off command isn't: K001 then. What only asks goes on asking for a while: the one that takes over may
    be killed too, or be reached on its predecessor's way out.
    """

    def __init__(self, reach: Reach, clock: Clock) -> None:
        self._reach, self._clock = reach, clock
        self._connection: Connection | None = None
        self._connecting = asyncio.Lock()
        self.is_shut = False
        """Whether we ended the keeper: the renewal of our lease, which goes on meanwhile, must not start another."""

    async def give(
        self,
        name: str,
        args: Mapping[str, Any] | None = None,
        grant: Grant | None = None,
        *,
        repeat: bool = True,
        data: bytes = b"",
    ) -> Document:
        """The result. What the keeper refuses, or that it can't be reached: ProblemError."""
        try:
            return await self.result(name, args, grant, None, repeat=repeat, data=data)
        except OrderError as error:
            raise problem(error) from error

    async def result(
        self,
        name: str,
        args: Mapping[str, Any] | None,
        grant: Grant | None,
        say: Callable[[str], None] | None,
        *,
        repeat: bool = True,
        data: bytes = b"",
    ) -> Document:
        """As `give`, but OrderError says what the keeper refuses. `say` gets what the order prints meanwhile."""
        until = self._clock.monotonic() + (SUCCESSOR if name in QUESTIONS else 0)
        try:
            try:
                return await self.once(name, args, grant, say, data)
            except LostError:
                if not repeat:
                    raise
            while True:
                try:
                    return await self.once(name, args, grant, say, data)
                except LostError as lost:
                    if isinstance(lost, SilentError) or self.is_shut or self._clock.monotonic() >= until:
                        raise
                await self._clock.sleep(BETWEEN)
        except LostError as error:
            raise unreachable(str(error)) from error

    async def once(
        self,
        name: str,
        args: Mapping[str, Any] | None,
        grant: Grant | None,
        say: Callable[[str], None] | None,
        data: bytes = b"",
    ) -> Document:
        """LostError for a keeper that is lost on the way: nobody asks again."""
        connection = await self.connected()
        return await connection.order(name, args, grant=_grant(grant) if grant else None, say=say, data=data)

    async def connected(self) -> Connection:
        """To a keeper, started if there is none: LostError where that fails, or we have ended it."""
        found = await self._found(Start.NEVER if self.is_shut else Start.ANYWAY)
        if found is None:
            raise LostError("it was shut")
        return found

    async def is_there(self) -> bool:
        """Whether a keeper is there, or one that died left something to take up."""
        try:
            return await self._found(Start.NEVER if self.is_shut else Start.LEFT) is not None
        except LostError as error:
            raise unreachable(str(error)) from error

    async def hang_up(self) -> None:
        """End the connection; the keeper stays."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()

    async def _found(self, start: Start) -> Connection | None:
        async with self._connecting:
            if self._connection is None or not self._connection.is_open:
                await self.hang_up()
                self._connection = await self._reach.connect(start)
            return self._connection


def _grant(grant: Grant) -> Document:
    return {"holder": {"id": grant.holder.id}, "generation": grant.generation}
