"""What is known of blobs from before: kept beside the results of steps, so that a CI carries it along with those."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from ecluse.loop.security.readers.detect_secrets import BINARY, Secretive, Seen
from ecluse.loop.test.cache.entry import CacheEntry, from_document, to_document
from ecluse.model.ids import Commit
from ecluse.ports.cache import StepCache, UnreachableError

NAME = "security/blobs"
"""No step can be called so."""
_BETWEEN = "\t"
_BINARY = "binary"


@dataclass(frozen=True, slots=True)
class Remembered:
    """One document for one version of the rules. A cache that can't be reached knows nothing; of two runs that keep at
    once one is forgotten, and looks again."""

    cache: StepCache
    rules: str

    @property
    def key(self) -> str:
        return hashlib.sha256(f"{NAME} {self.rules}".encode()).hexdigest()

    def recall(self) -> Mapping[str, Seen]:
        try:
            document = self.cache.get(self.key)
        except UnreachableError:
            return {}
        entry = from_document(document) if document else None
        if entry is None or entry.step != NAME or entry.parts != {"rules": self.rules}:
            return {}
        try:
            return dict(map(_read, entry.evidence))
        except ValueError:
            return {}

    def keep(self, known: Mapping[str, Seen], commit: Commit, now: datetime) -> None:
        """Not of what was missed: that is tried again."""
        lines = tuple(_written(key, known[key]) for key in sorted(known) if not known[key].missed)
        entry = CacheEntry(
            step=NAME, parts={"rules": self.rules}, commit=commit, at=now.isoformat(timespec="seconds"), seconds=0.0,
            evidence=lines,
        )  # fmt: skip
        with suppress(UnreachableError):
            self.cache.put(self.key, to_document(entry))


def _written(key: str, seen: Seen) -> str:
    """The key comes last: a file's name may hold anything."""
    told = "".join(f"{one.kind}{_BETWEEN}{one.line}{_BETWEEN}{one.hashed}{_BETWEEN}" for one in seen.found)
    return f"{_BINARY if seen.is_binary else len(seen.found)}{_BETWEEN}{told}{key}"


def _read(line: str) -> tuple[str, Seen]:
    count, rest = line.split(_BETWEEN, 1)
    if count == _BINARY:
        return rest, BINARY
    *fields, key = rest.split(_BETWEEN, 3 * int(count))
    found = zip(fields[::3], fields[1::3], fields[2::3], strict=True)
    return key, Seen(tuple(Secretive(kind, int(number), hashed) for kind, number, hashed in found))
