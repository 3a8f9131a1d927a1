"""The store of releases in an object store."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import obstore
from obstore.exceptions import AlreadyExistsError, NotFoundError

from ecluse.model.ids import Digest
from ecluse.providers.objects.cache import ObjectCache

_PREFIX = "sha256:"
LONG = timedelta(minutes=15)
"""A release waits for its bytes, however slow the line: a cache would rather be missed."""


class ObjectArtifacts(ObjectCache):
    """Fills ports.artifacts.ArtifactStore in the store at `address`; keys and options as for the step cache.

    A claim is a conditional write (`If-None-Match: *`), which S3, Google's and Azure's stores decide for everybody.
    """

    def __init__(self, address: str, *, patience_of_files: timedelta = LONG, **options: Any) -> None:
        super().__init__(address, patience_of_files=patience_of_files, **options)

    @property
    def place(self) -> str:
        return self._address

    def read(self, name: str) -> bytes | None:
        return self.get(name)

    def claim(self, name: str, document: bytes) -> bytes:
        with self._asked():
            try:
                obstore.put(self._store, f"documents/{name}", document, mode="create")
            except AlreadyExistsError:
                pass
            else:
                return document
        kept = self.get(name)
        return document if kept is None else kept

    def holds(self, digest: Digest, size: int) -> bool:
        with self._asked():
            try:
                return bool(obstore.head(self._store, f"files/{digest.removeprefix(_PREFIX)}")["size"] == size)
            except (NotFoundError, FileNotFoundError):
                return False

    def keep(self, digest: Digest, path: Path) -> None:
        """Looked at before: what was cut short on its way has no name there."""
        with path.open("rb") as file:
            if _PREFIX + hashlib.file_digest(file, "sha256").hexdigest() != digest:
                raise ValueError(f"{path} isn't {digest}")
        super().keep(digest, path)
