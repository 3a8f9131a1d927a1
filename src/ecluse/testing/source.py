"""A repository in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ecluse.model.ids import Commit
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.values import frozen
from ecluse.ports.source import Blob, Branch, Change, Entry, Past, Tag

BEGAN = datetime(2030, 1, 1, tzinfo=UTC)


@frozen
class _Committed:
    """A commit of the memory."""

    change: Change
    files: Mapping[str, bytes]
    at: datetime


@dataclass(slots=True)
class MemorySource:
    """Fills ports.source.Source with one line of commits. `commit` adds one; `working` is the tree as it lies."""

    working: dict[str, bytes] = field(default_factory=dict)
    tips: dict[str, Commit] = field(default_factory=dict)
    """Branches beside the one line, by name."""
    _commits: list[_Committed] = field(default_factory=list)
    _tags: dict[str, Commit] = field(default_factory=dict)

    def commit(self, files: Mapping[str, str], subject: str = "change", body: str = "") -> Commit:
        """Commit the working tree with `files` added to it."""
        self.working |= {path: text.encode() for path, text in files.items()}
        named = repr((len(self._commits), subject, sorted(self.working.items())))
        commit = Commit(hashlib.sha1(named.encode(), usedforsecurity=False).hexdigest())
        change = Change(commit=commit, subject=subject, body=body, author="anne")
        at = BEGAN + timedelta(minutes=len(self._commits))
        self._commits.append(_Committed(change=change, files=dict(self.working), at=at))
        return commit

    async def resolve(self, revision: str) -> Commit:
        if revision == "HEAD" and self._commits:
            return self._commits[-1].change.commit
        if revision in self._tags:
            return self._tags[revision]
        return self._find(revision).change.commit

    async def is_dirty(self) -> bool:
        return not self._commits or self._commits[-1].files != self.working

    async def entries(self, commit: Commit) -> tuple[Entry, ...]:
        files = self._find(commit).files
        return tuple(Entry(path=path, mode="file", object=_name(files[path])) for path in sorted(files))

    async def read(self, commit: Commit, path: str) -> bytes | None:
        return self._find(commit).files.get(path)

    async def checkout(self, commit: Commit, folder: Path) -> None:
        _write(self._find(commit).files, folder)

    async def working_files(self) -> tuple[str, ...]:
        return tuple(sorted(self.working))

    async def checkout_working(self, folder: Path) -> None:
        _write(self.working, folder)

    async def around(self) -> tuple[MemorySource, str]:
        return self, "."

    async def committed_at(self, commit: Commit) -> datetime:
        return self._find(commit).at

    async def is_shallow(self) -> bool:
        return False

    async def tags(self, commit: Commit, prefix: str) -> tuple[Tag, ...]:
        order = [one.change.commit for one in self._commits[: self._place(commit) + 1]][::-1]
        named = [
            Tag(name=name, commit=at) for name, at in self._tags.items() if name.startswith(prefix) and at in order
        ]
        return tuple(sorted(named, key=lambda tag: order.index(tag.commit)))

    async def changes(self, since: Commit | None, until: Commit, *, newest: int | None = None) -> tuple[Change, ...]:
        first = 0 if since is None else self._place(since) + 1
        return tuple(one.change for one in self._commits[first : self._place(until) + 1])[::-1][:newest]

    async def branches(self, commit: Commit) -> tuple[Branch, ...]:
        order = [one.change.commit for one in self._commits[: self._place(commit) + 1]]
        return tuple(Branch(name=name, tip=tip) for name, tip in sorted(self.tips.items()) if tip in order)

    async def past(self, until: Commit) -> Past:
        found: dict[tuple[str, str], Blob] = {}
        for one in self._commits[: self._place(until) + 1]:
            for path, data in one.files.items():
                blob = Blob(object=_name(data), path=path, commit=one.change.commit)
                found.setdefault((path, blob.object), blob)
        return Past(blobs=tuple(found[key] for key in sorted(found)))

    async def sizes(self, objects: Sequence[str]) -> Mapping[str, int]:
        known = {_name(data): len(data) for one in self._commits for data in one.files.values()}
        return {name: known[name] for name in objects}

    async def contents(self, objects: Sequence[str], folder: Path) -> None:
        known = {_name(data): data for one in self._commits for data in one.files.values()}
        _write({name: known[name] for name in objects}, folder)

    async def tag(self, name: str, commit: Commit, message: str) -> None:  # noqa: ARG002
        if self._tags.setdefault(name, commit) != commit:
            raise ProblemError(
                Problem(code="R003", what=f"tag {name} is on another commit", fix="choose another version")
            )

    def _find(self, commit: str) -> _Committed:
        return self._commits[self._place(commit)]

    def _place(self, commit: str) -> int:
        for place, one in enumerate(self._commits):
            if one.change.commit.startswith(commit):
                return place
        raise ProblemError(Problem(code="C003", what=f"no commit '{commit}'", fix="name one that is there"))


def _name(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def _write(files: Mapping[str, bytes], folder: Path) -> None:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
