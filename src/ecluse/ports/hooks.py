"""The programs that git runs at certain moments."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class HooksFolder(Protocol):
    """Where git looks for the hooks of a repository."""

    @property
    def path(self) -> Path: ...

    @property
    def is_configured(self) -> bool:
        """`core.hooksPath` says so: it isn't the repository's own."""

    def text(self, name: str) -> str | None:
        """None when there is none, empty for what is no file."""

    def put(self, name: str, text: str, *, aside: str = "") -> None:
        """`aside` is the name that what is there gets; without one it is replaced."""

    def remove(self, name: str) -> None: ...

    def bring_back(self, aside: str, name: str) -> None: ...
