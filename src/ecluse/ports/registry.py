"""A repository of an OCI registry."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from ecluse.model.ids import Digest


class Registry(Protocol):
    """OCI Distribution Specification 1.1. What can't be asked: ProblemError R026; what is refused: R027."""

    async def manifest(self, tag: str) -> Digest | None:
        """The digest of what the tag names there."""

    async def holds(self, digest: Digest) -> bool: ...

    async def push_blob(self, digest: Digest, file: Path) -> None:
        """Send it; there already: nothing to do."""

    async def push_manifest(self, tag: str, document: bytes, kind: str) -> None:
        """Name it by the tag; its blobs are there. `kind` is its media type."""
