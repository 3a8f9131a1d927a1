"""The content store: one read-only file per SHA-256."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from ecluse.model.ids import Digest
from ecluse.system.files import disk_problems

_PIECE = 1 << 20
_PREFIX = "sha256:"


class FolderStore:
    """Fills ports.store.ContentStore below `folder`; any number of processes may put and read at once.

    An entry gets its name when its bytes are complete. Entries aren't flushed one by one: after a power cut one may
    be torn, which the next `put` of the same content heals and every reader that verifies sees.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put_bytes(self, data: bytes) -> Digest:
        digest = Digest(_PREFIX + hashlib.sha256(data).hexdigest())
        if not self._holds(digest, len(data)):
            with self._incoming() as (file, path):
                file.write(data)
                self._take_in(file, path, digest)
        return digest

    def put_file(self, path: Path) -> Digest:
        """The digest is that of the bytes that were copied, also when somebody writes to `path` meanwhile."""
        with self._incoming() as (file, incoming):
            digest = Digest(_PREFIX + _copy(path, file))
            if not self._holds(digest, file.tell()):
                self._take_in(file, incoming, digest)
        return digest

    def has(self, digest: Digest) -> bool:
        return self._place(digest).is_file()

    def path(self, digest: Digest) -> Path:
        place = self._place(digest)
        if not place.is_file():
            raise KeyError(digest)
        return place

    def _place(self, digest: Digest) -> Path:
        name = digest.removeprefix(_PREFIX)
        if len(name) != hashlib.sha256().digest_size * 2 or not name.isalnum():
            raise KeyError(digest)
        return self._folder / name[:2] / name[2:]

    def _holds(self, digest: Digest, size: int) -> bool:
        try:
            return self._place(digest).stat().st_size == size
        except OSError:  # whatever is wrong shows itself when it is written
            return False

    @contextmanager
    def _incoming(self) -> Iterator[tuple[BinaryIO, Path]]:
        with disk_problems(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=self._folder, prefix=".incoming-")
            path = Path(name)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    yield file, path
            finally:
                with suppress(FileNotFoundError):  # it has its name already
                    path.unlink()

    def _take_in(self, file: BinaryIO, path: Path, digest: Digest) -> None:
        file.flush()
        os.fchmod(file.fileno(), 0o444)
        place = self._place(digest)
        place.parent.mkdir(exist_ok=True)
        path.replace(place)


def _copy(path: Path, into: BinaryIO) -> str:
    seen = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            seen.update(piece)
            into.write(piece)
    return seen.hexdigest()
