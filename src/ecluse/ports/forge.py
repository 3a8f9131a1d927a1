"""The page on which a forge shows releases."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from ecluse.model.values import frozen


@frozen
class Announced:
    """A release as the forge has it: its page, and the names of the files on it."""

    url: str
    files: frozenset[str] = frozenset()


class Forge(Protocol):
    """What can't be asked: ProblemError R024; what is refused: R025."""

    async def release(self, tag: str) -> Announced | None: ...

    async def announce(self, tag: str, title: str, notes: str) -> Announced:
        """Make it, for a tag that is there. It is made already: what there is."""

    async def attach(self, tag: str, name: str, file: Path) -> None:
        """Put a file on its page. One of that name is there: nothing to do. There is no page: ProblemError R025."""
