"""Where the results of steps are kept: documents by key, files by digest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Protocol

from ecluse.model.ids import Digest
from ecluse.model.values import frozen


@frozen
class Shelved:
    """A document that is kept, without its content. `used` is when it was last put or got."""

    key: str
    size: int
    used: datetime


class UnreachableError(Exception):
    """The cache can't be asked now; its text is for people. What was asked for is as good as absent."""


class StepCache(Protocol):
    """Any number of processes and machines may use one at once. A key is 64 hexadecimal digits.

    Nothing that comes out is trusted here: who reads a document checks it, and `fetch` checks a file's digest. Only
    UnreachableError is raised for what the place does.
    """

    @property
    def troubles(self) -> tuple[str, ...]:
        """What was in the way so far without being an error."""

    def get(self, key: str) -> bytes | None:
        """The document, None when there is none. Marks it as used."""

    def put(self, key: str, document: bytes) -> None:
        """Keep it under `key`, in the place of what was there: as a whole or not at all."""

    def holds(self, digest: Digest, size: int) -> bool:
        """Whether a file of that name and size is there; its content isn't looked at."""

    def keep(self, digest: Digest, path: Path) -> None:
        """Keep a file, whose digest this is. There already: nothing to do."""

    def fetch(self, digest: Digest, into: Path) -> bool:
        """Write the file to `into`, which isn't there; False, and nothing at `into`, when it is missing or spoilt."""

    def documents(self) -> Iterator[tuple[Shelved, bytes]]:
        """Every document, in no order. One that another process removes meanwhile may be left out."""

    def remove(self, *keys: str) -> None:
        """Documents that nobody shall find any more; missing ones are no error."""

    def sweep(self, kept: frozenset[Digest], until: datetime, gone: frozenset[Digest] = frozenset()) -> int:
        """Remove the files that aren't named in `kept` and were put before `until`, those in `gone` whenever they were
        put. The number of bytes."""
