"""Python distributions of a project."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Protocol

from ecluse.model.ids import Version


class Packer(Protocol):
    async def pack(self, tree: Path, into: Path, *, version: Version, moment: datetime) -> tuple[Path, ...]:
        """The project's source distribution and wheel, put into `into` from `tree`, which may be written
        to. They carry `version` and no later time than `moment`, so that the same tree gives the same bytes where its
        build backend lets it. ProblemError R030: it doesn't build; R031: it built another version."""
