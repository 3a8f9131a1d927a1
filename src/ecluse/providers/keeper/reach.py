"""The way to the keeper of one environment."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import Enum
from typing import Any, Protocol

from ecluse.model.ids import Digest
from ecluse.ports.target import Sent
from ecluse.ports.terminal import Terminal
from ecluse.ports.tunnel import Pipe
from ecluse.providers.keeper.connection import Connection

Order = Callable[[str, Mapping[str, Any], bytes], Awaitable[Mapping[str, Any]]]
"""Gives one order to the keeper: its name, its arguments, and the data that travels behind it."""


class Start(Enum):
    """When a keeper is started that isn't there."""

    NEVER = "never"
    LEFT = "left"
    """Only if one was there and never shut: what it kept is to be taken up."""
    ANYWAY = "anyway"


class Reach(Protocol):
    """One for each environment and host. Nothing is left behind by one that was closed."""

    @property
    def home(self) -> str:
        """The environment's folder there."""

    @property
    def is_here(self) -> bool:
        """Whether that is on this machine."""

    async def connect(self, start: Start) -> Connection | None:
        """A new connection to the keeper; None where there is none and none is to be started.

        LostError when there is one that can't be reached; ProblemError when none can be started.
        """

    async def told(self, *words: str) -> str:
        """What the keeper's program answers that is run for it and ends: no keeper has to be there."""

    async def attached(self, terminal: Terminal, *words: str) -> int:
        """The keeper's program, run with the caller's streams, and on a terminal with one; its exit code, 128 and more
        when a signal ended it. ProblemError when the way to it ends before. Cancelled: the streams are let go."""

    async def pipe(self, address: str, port: int, source: str) -> Pipe:
        """A connection to a port there, from the address `source` if that isn't empty. OSError when nobody takes it."""

    async def bring(self, digests: Sequence[Digest], order: Order) -> Sent | None:
        """Hand over what the keeper lacks. ProblemError K004 for what our store doesn't have either. What was sent `of`
        these files; None where nothing has to travel."""

    async def program(self) -> tuple[str, str]:
        """Where the newest keeper's program lies there, and its version."""

    async def machine(self) -> str:
        """Its architecture, as `uname -m` says it."""

    async def close(self) -> None: ...
