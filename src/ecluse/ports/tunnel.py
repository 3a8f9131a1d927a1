"""Connections that are carried from here to a process elsewhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ecluse.model.slot import Slot
from ecluse.model.values import frozen

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager


@frozen
class Way:
    """To a process, from its own host. `source`: the address to come from; empty: any."""

    process: str
    slot: Slot
    address: str
    port: int
    source: str = ""


class Source(Protocol):
    async def read(self, n: int) -> bytes:
        """At most so many bytes; empty at the end. OSError when the connection is lost."""


class Sink(Protocol):
    def write(self, data: bytes) -> None: ...
    async def drain(self) -> None:
        """Returns when there is room for more. OSError when the connection is lost."""

    def write_eof(self) -> None:
        """Nothing more comes; what is read goes on."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Pipe:
    """The two halves of a connection."""

    source: Source
    sink: Sink


class Listens(Protocol):
    """On the loopback of this machine."""

    def listening(self, port: int, meet: Callable[[Pipe], Awaitable[None]]) -> AbstractAsyncContextManager[int]:
        """`meet` gets each connection, while it lasts, and its end closes it. The port: that one, or for 0 one that is
        free. ProblemError S015 when somebody has it. Afterwards nothing listens, and all connections are closed."""
