"""Programs of others that we run: scanners, generators, uploaders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol


def silent(_line: str) -> None:
    """Says nothing."""


class Toolbox(Protocol):
    """Each tool is pinned with hashes in this version of Écluse and has an environment of its own, never the app's.

    Another `tool` than those is a defect of ours (KeyError).
    """

    def version(self, tool: str) -> str:
        """Of the package that the tool is. Nothing is fetched."""

    def digest(self, tool: str) -> str:
        """The same for the same files of the tool and all that it needs: for the key of what it found."""

    async def program(self, tool: str, name: str = "", say: Callable[[str], None] = silent) -> Path:
        """The executable `name` of the tool (its own name where none is given), which may be run at once. Fetched the
        first time. ProblemError G001 if it can't be had; safe to repeat, and for several at once."""
