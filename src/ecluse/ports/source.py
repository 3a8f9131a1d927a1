"""The version-controlled repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from ecluse.model.ids import Commit
from ecluse.model.values import frozen


@frozen
class Entry:
    """One file of a commit. `mode` is `file`, `executable` or `link`; `object` is the blob's name."""

    path: str
    mode: str
    object: str


@frozen
class Change:
    """One commit as the notes need it."""

    commit: Commit
    subject: str
    body: str
    author: str
    parents: tuple[Commit, ...] = ()
    """Several: it is a merge, and the first one is the line that it was merged into."""


@frozen
class Blob:
    """What a file once said: `object` is the blob's name, `commit` the first that had it, at `path`."""

    object: str
    path: str
    commit: Commit


@frozen
class Past:
    """All that files said at a commit or before. Not `whole`: this clone lacks a part."""

    blobs: tuple[Blob, ...]
    whole: bool = True


@frozen
class Tag:
    """An annotated tag, and the commit that it leads to."""

    name: str
    commit: Commit


@frozen
class Branch:
    """`name` is without the name of a remote."""

    name: str
    tip: Commit


class Source(Protocol):
    """Reads never change the repository; `checkout` writes only below the folder it is given.

    Not a repository, no commit yet, an unknown revision: ProblemError with a C code.
    """

    async def resolve(self, revision: str) -> Commit:
        """The full commit that `revision` (branch, tag, abbreviation, HEAD) names."""

    async def is_dirty(self) -> bool:
        """Whether the working tree differs from HEAD, untracked and not ignored files included."""

    async def entries(self, commit: Commit) -> tuple[Entry, ...]:
        """Every file, sorted by path. A submodule is a Problem, not a silent gap."""

    async def read(self, commit: Commit, path: str) -> bytes | None:
        """One file's bytes at `commit`, None when it isn't there."""

    async def checkout(self, commit: Commit, folder: Path) -> None:
        """Write the commit's tree into the empty `folder`: no `.git`, no hooks, executable bits and links kept."""

    async def working_files(self) -> tuple[str, ...]:
        """The files and links of the working tree as it lies, sorted: tracked and untracked, not ignored, those that
        are there. A submodule is a Problem."""

    async def checkout_working(self, folder: Path) -> None:
        """The working tree as it lies (tracked and untracked, not ignored), for `--dirty`."""

    async def around(self) -> tuple[Source, str]:
        """The whole repository, and the folder that we are of it; `.` when that is all of it."""

    async def committed_at(self, commit: Commit) -> datetime: ...

    async def is_shallow(self) -> bool:
        """Whether the history ends before its beginning (`git clone --depth`)."""

    async def tags(self, commit: Commit, prefix: str) -> tuple[Tag, ...]:
        """Tags reachable from `commit` whose name starts with `prefix`, nearest first."""

    async def changes(self, since: Commit | None, until: Commit, *, newest: int | None = None) -> tuple[Change, ...]:
        """Commits after `since` up to `until`, newest first, merges included; at most `newest` of them."""

    async def branches(self, commit: Commit) -> tuple[Branch, ...]:
        """Local and remote ones whose tip is `commit` or before it, by name."""

    async def past(self, until: Commit) -> Past:
        """Each content of a file at each of its paths once, sorted by path; neither links nor submodules. It grows with
        the history: a second for some ten thousand commits."""

    async def sizes(self, objects: Sequence[str]) -> Mapping[str, int]:
        """Of blobs, in bytes. Each must be there."""

    async def contents(self, objects: Sequence[str], folder: Path) -> None:
        """Write blobs to files of `folder` with their names. Each must be there."""

    async def tag(self, name: str, commit: Commit, message: str) -> None:
        """Make an annotated tag. The same name on the same commit: nothing to do. On another: ProblemError R003."""
