"""The result of a step as it is kept. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from ecluse.model.ids import Commit, Digest
from ecluse.model.shallow import shallow
from ecluse.model.values import frozen

NO_DIGEST = Digest("")


@frozen
class KeptFile:
    """A file of the outputs. `mode` are permission bits; of a link `target` is what it says, and `digest` is empty."""

    path: str
    mode: int = 0o644
    digest: Digest = NO_DIGEST
    size: int = 0
    target: str = ""


@frozen
class CacheEntry:
    """What a step that passed has left, and from what it was made."""

    step: str
    parts: Mapping[str, str]
    commit: Commit
    at: str
    """When it passed (ISO 8601, UTC)."""
    seconds: float
    evidence: tuple[str, ...] = ()
    covered: float | None = None
    known: tuple[str, ...] = ()
    cured: tuple[str, ...] = ()
    outputs: tuple[KeptFile, ...] = ()
    folders: tuple[str, ...] = ()
    """Of the outputs, because an empty one is an output too."""
    paths: str = ""
    """A name for the content of what the step is for, where it says what that is."""
    papers: tuple[KeptFile, ...] = ()
    """Its log and reports, as they lie in a run's folder of logs."""

    @property
    def files(self) -> tuple[tuple[Digest, int], ...]:
        """Everything that has to be there, once more than its document."""
        return tuple((file.digest, file.size) for file in (*self.outputs, *self.papers) if file.digest)


def to_document(entry: CacheEntry) -> bytes:
    """With a sum in front, by which a torn or changed document is known."""
    files = {"outputs": [*map(shallow, entry.outputs)], "papers": [*map(shallow, entry.papers)]}
    body = json.dumps({**shallow(entry), **files}, sort_keys=True).encode()
    return _sum(body) + b"\n" + body


def from_document(document: bytes) -> CacheEntry | None:
    """None when it isn't whole, or not of this format."""
    told, _, body = document.partition(b"\n")
    if told != _sum(body):
        return None
    try:
        entry = _entry(json.loads(body))
    except (TypeError, KeyError, ValueError, AttributeError):
        return None
    return entry if _stays_inside(entry) else None


def _stays_inside(entry: CacheEntry) -> bool:
    """Whether its outputs lie where they are restored: others may write to a shared cache."""
    if not (entry.outputs or entry.folders or entry.papers):
        return True
    links = {file.path for file in entry.outputs if not file.digest}
    paths = [PurePosixPath(path) for path in (*entry.folders, *(file.path for file in entry.outputs))]
    plain = all(paper.digest and paper.path == PurePosixPath(paper.path).name for paper in entry.papers)
    return (
        plain
        and len(set(paths)) == len(paths)
        and not any(
            path.is_absolute() or ".." in path.parts or not path.parts or links & {str(above) for above in path.parents}
            for path in paths
        )
    )


def _entry(fields: dict[str, Any]) -> CacheEntry:
    texts = {name: tuple(fields[name]) for name in ("evidence", "known", "cured", "folders")}
    files = {name: tuple(KeptFile(**file) for file in fields[name]) for name in ("outputs", "papers")}
    return CacheEntry(**{**fields, **texts, **files})


def _sum(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode()
