"""The templates of new projects, in all their versions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from ecluse.model.ids import Commit
from ecluse.model.template import Answers, Changed
from ecluse.ports.source import Source


class Templates(Protocol):
    """What can't be done is a ProblemError with an N code; then nothing was written where it should have been."""

    async def versions(self) -> tuple[str, ...]:
        """Oldest first, at least one."""

    async def notes(self, after: str, until: str) -> tuple[str, ...]:
        """What versions later than `after`, up to `until`, brought, a line each."""

    async def lay_out(self, answers: Answers, version: str, folder: Path, say: Callable[[str], None]) -> None:
        """A whole project, into the empty `folder`."""

    def version_of(self, project: Path) -> str:
        """The version that the project was made from, or brought to. ProblemError N010 if it says none."""

    async def merge(
        self,
        project: Path,
        source: Source,
        head: Commit,
        version: str,
        *,
        write: bool,
        say: Callable[[str], None],
    ) -> tuple[Changed, ...]:
        """Bring what `version` changed to the project as it is at `head`, which is what its working tree has, and keep
        what the project changed. Without `write` only what would be. The working tree is touched at the very end."""
