"""The content store: one file per SHA-256."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from ecluse.model.ids import Digest


class ContentStore(Protocol):
    """Entries are written whole or not at all, are read-only, and are verified when they come in."""

    def put_bytes(self, data: bytes) -> Digest: ...

    def put_file(self, path: Path) -> Digest: ...

    def has(self, digest: Digest) -> bool: ...

    def path(self, digest: Digest) -> Path:
        """The file of an entry; KeyError when it isn't there."""
