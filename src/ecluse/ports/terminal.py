"""The standard streams of whoever called us: a terminal with a person before it, or pipes and files."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from ecluse.model.values import frozen

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


@frozen
class Size:
    """In characters."""

    columns: int
    rows: int


class Terminal(Protocol):
    """Use from one event loop."""

    @property
    def is_interactive(self) -> bool:
        """Whether what is read and what is written are a terminal both."""

    @property
    def kind(self) -> str:
        """As terminfo(5) calls it."""

    def size(self) -> Size:
        """Of the terminal; 80 by 24 where there is none."""

    async def read(self) -> bytes:
        """What was typed or piped, at most 64 KiB; empty at its end."""

    async def write(self, data: bytes, *, errors: bool = False) -> None:
        """All of it, however slow its reader is. BrokenPipeError when there is none any more."""

    def raw(self, resized: Callable[[Size], None]) -> AbstractContextManager[None]:
        """Keys come as they are typed, those too that would interrupt us; `resized` is told of each new size.
        Afterwards the terminal is as it was."""
