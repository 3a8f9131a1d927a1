"""The result of a step as it is kept. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from ecluse.model.ids import Commit, Digest
from ecluse.model.values import frozen, shallow

NO_DIGEST = Digest("")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_MODES = 0o7777


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
    body = json.dumps({**shallow(entry), **files}).encode()
    return _sum(body) + b"\n" + body


def from_document(document: bytes) -> CacheEntry | None:
    """None when it isn't whole, or not of this format."""
    told, _, body = document.partition(b"\n")
    if told != _sum(body):
        return None
    try:
        entry = _entry(json.loads(body))
        return entry if _is_sound(entry) and _stays_inside(entry) else None
    except (TypeError, KeyError, ValueError, AttributeError, RecursionError):
        return None


def _is_sound(entry: CacheEntry) -> bool:
    """Whether each value is of its kind: others may write to a shared cache, in a version of theirs."""
    texts = (entry.step, entry.commit, entry.at, entry.paths, *entry.parts.values())
    lists = (*entry.evidence, *entry.known, *entry.cured, *entry.folders)
    numbers = (entry.seconds, entry.covered or 0.0)
    return (
        all(isinstance(text, str) for text in (*texts, *lists))
        and all(isinstance(number, (int, float)) for number in numbers)
        and all(map(_is_file, (*entry.outputs, *entry.papers)))
        and not any("\0" in path for path in entry.folders)
    )


def _is_file(file: KeptFile) -> bool:
    if "\0" in file.path + file.target or not 0 <= file.mode <= _MODES:
        return False
    if not file.digest:
        return bool(file.target)
    return _DIGEST.fullmatch(file.digest) is not None and file.size >= 0


def _stays_inside(entry: CacheEntry) -> bool:
    """Whether its outputs lie where they are restored, each in a folder that is there before it."""
    if not (entry.outputs or entry.folders or entry.papers):
        return True
    made = {PurePosixPath()}
    for path in map(PurePosixPath, entry.folders):
        if path.parent not in made or not _is_below(path):
            return False
        made.add(path)
    paths = [PurePosixPath(file.path) for file in entry.outputs]
    return (
        all(path.parent in made and _is_below(path) for path in paths)
        and len(made | set(paths)) == len(entry.folders) + len(paths) + 1
        and all(paper.digest and paper.path == PurePosixPath(paper.path).name for paper in entry.papers)
    )


def _is_below(path: PurePosixPath) -> bool:
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts


def _entry(fields: dict[str, Any]) -> CacheEntry:
    texts = {name: tuple(fields[name]) for name in ("evidence", "known", "cured", "folders")}
    files = {name: tuple(KeptFile(**file) for file in fields[name]) for name in ("outputs", "papers")}
    return CacheEntry(**{**fields, **texts, **files})


def _sum(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode()
