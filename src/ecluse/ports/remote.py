"""The repository that others see."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from ecluse.model.ids import Commit
from ecluse.ports.source import Source, Tag


class Remote(Protocol):
    """One git remote. It can't be reached: ProblemError R020, exit UNREACHABLE."""

    async def address(self) -> str:
        """Empty where the repository has no such remote."""

    async def tags(self, prefix: str) -> tuple[Tag, ...]:
        """Every tag whose name starts with `prefix`, with the commit that it names, from wherever it is reached."""

    async def push(self, tag: str, commit: Commit) -> None:
        """Have the tag there. It is there on that commit: nothing to do. On another: ProblemError R034."""

    async def bring(self, tag: str) -> None:
        """Have the remote's tag here, as it is there; none of that name is here."""

    async def history(self, commit: Commit, folder: Path) -> Source:
        """The whole history of `commit` with the remote's tags, in the empty `folder`: for a clone that is shallow or
        hasn't fetched tags. The repository itself is left as it is."""
