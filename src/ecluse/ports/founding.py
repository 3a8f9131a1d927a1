"""Making a repository."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class Founder(Protocol):
    async def author(self, folder: Path) -> str:
        """The name that commits made by this user get; empty where git knows none of theirs."""

    async def found(self, folder: Path, message: str) -> None:
        """Make a repository of `folder`, on the branch `main`, and commit everything in it that isn't ignored."""
