"""Outlets in memory: stores in a folder, no git remote, an index and a forge that forget."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from ecluse.model.ids import Commit
from ecluse.model.problem import Problem, ProblemError
from ecluse.ports.outlets import Outlets
from ecluse.ports.source import Source, Tag
from ecluse.system.artifacts import FolderArtifacts
from ecluse.testing.publishing import MemoryForge, MemoryIndex


@dataclass(frozen=True, slots=True)
class NoRemote:
    """Fills ports.remote.Remote for a repository that has none."""

    async def address(self) -> str:
        return ""

    async def tags(self, prefix: str) -> tuple[Tag, ...]:  # noqa: ARG002
        return ()

    async def push(self, tag: str, commit: Commit) -> None:  # noqa: ARG002
        raise lacking("a git remote")

    async def bring(self, tag: str) -> None:  # noqa: ARG002
        raise lacking("a git remote")

    async def history(self, commit: Commit, folder: Path) -> Source:  # noqa: ARG002
        raise lacking("a git remote")


def lacking(what: str) -> ProblemError:
    return ProblemError(Problem(code="R017", what=f"there is no {what}", fix="give the test one"))


def absent(what: str) -> NoReturn:
    raise lacking(what)


@contextmanager
def _unlocked() -> Iterator[None]:
    yield


def memory_outlets(folder: Path) -> Outlets:
    """`folder` is the home. What a test signs, packs or pushes it brings itself (dataclasses.replace)."""
    index, forge = MemoryIndex(), MemoryForge()
    return Outlets(
        own=FolderArtifacts(folder / "releases"),
        shared=lambda place: FolderArtifacts(folder.parent / place, mounted=True),
        remote=lambda _: NoRemote(),
        packer=lambda: absent("packer"),
        index=lambda _: index,
        forge=lambda _place, _address: forge,
        registry=lambda _: absent("registry"),
        signer=lambda _: absent("signer"),
        verifier=lambda _: absent("verifier"),
        alone=_unlocked,
        reached=lambda _: None,
    )
