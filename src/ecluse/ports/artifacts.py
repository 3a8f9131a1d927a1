"""Where the bytes of releases are kept, and what each release is to be: shared by all who may release."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, runtime_checkable

from ecluse.model.ids import Digest


class ArtifactStore(Protocol):
    """Any number of processes and machines may use one at once. A name is 64 hexadecimal digits.

    What a call has written is durable when it returns. ports.cache.UnreachableError is raised for what the place does:
    here it is no miss, since what can't be asked may hold another answer.
    """

    @property
    def place(self) -> str:
        """For people."""

    def read(self, name: str) -> bytes | None:
        """The document, None when there is none."""

    def claim(self, name: str, document: bytes) -> bytes:
        """Keep `document` if nothing is kept under `name`: what is kept then, so the first one's for everybody."""

    def put(self, name: str, document: bytes) -> None:
        """Keep it in the place of what was there: as a whole or not at all."""

    def holds(self, digest: Digest, size: int) -> bool:
        """Whether a file of that name and size is there; its content isn't looked at."""

    def keep(self, digest: Digest, path: Path) -> None:
        """Keep a file, whose digest this is. There already: nothing to do."""

    def fetch(self, digest: Digest, into: Path) -> bool:
        """Write the file to `into`, which isn't there; False, and nothing at `into`, when it is missing or spoilt."""


@runtime_checkable
class KeepsMany(Protocol):
    """Of a store that counts, or is slow, each time that it is asked."""

    def keep_all(self, files: Mapping[Digest, Path]) -> None:
        """As `keep` for each."""

    def fetch_all(self, files: Mapping[Digest, Path]) -> frozenset[Digest]:
        """As `fetch` for each: those that came."""
