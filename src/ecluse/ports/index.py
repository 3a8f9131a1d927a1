"""A package index."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from ecluse.model.ids import Digest


class PackageIndex(Protocol):
    """What can't be asked: ProblemError R021, exit UNREACHABLE."""

    async def files(self, project: str) -> Mapping[str, Digest]:
        """By name, what the index has of the project; none of a project that it doesn't know."""

    async def upload(self, file: Path) -> None:
        """Send one distribution. ProblemError R022 with what was said when it isn't taken; what became of it then is
        asked of `files`, since an answer may be lost on its way back."""
