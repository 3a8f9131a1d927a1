"""The step cache in a folder, this machine's own or one that several machines mount."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from ecluse.model.ids import Digest
from ecluse.ports.cache import Shelved, UnreachableError
from ecluse.system.documents import DocumentFile, DocumentFolder
from ecluse.system.shelf import PREFIX, Shelf, name_of


class FolderCache:
    """Fills ports.cache.StepCache below `folder`. Nothing is synchronised with the disk, because what a power cut tears
    is found out by whoever reads it."""

    troubles = ()

    def __init__(self, folder: Path, *, mounted: bool = False) -> None:
        """`mounted`: the folder is somebody else's, so it isn't made, and without it nothing can be asked."""
        self._documents = DocumentFolder(folder) if mounted else DocumentFile(folder / "documents.db")
        self._files = Shelf(folder, "files", mounted=mounted, flushed=False)

    def get(self, key: str) -> bytes | None:
        return self._documents.get(key)

    def put(self, key: str, document: bytes) -> None:
        self._documents.put(key, document)

    def holds(self, digest: Digest, size: int) -> bool:
        try:
            return self._files.holds(name_of(digest), size)
        except UnreachableError:  # whatever is wrong shows itself when it is fetched
            return False

    def keep(self, digest: Digest, path: Path) -> None:
        if self.holds(digest, path.stat().st_size):
            return
        self._files.take_in(name_of(digest), path)

    def fetch(self, digest: Digest, into: Path) -> bool:
        if self._files.fetch(name_of(digest), into):
            return True
        self._files.remove(name_of(digest))  # what is spoilt must not be taken for kept
        return False

    def documents(self) -> Iterator[tuple[Shelved, bytes]]:
        return self._documents.all()

    def remove(self, *keys: str) -> None:
        self._documents.remove(*keys)

    def sweep(self, kept: frozenset[Digest], until: datetime, gone: frozenset[Digest] = frozenset()) -> int:
        files = ((Digest(PREFIX + name), path) for name, path in self._files.files())
        unnamed = ((path, digest in gone) for digest, path in files if digest not in kept)
        left = ((path, False) for path in (*self._files.left(), *self._documents.left()))
        freed = 0
        for path, at_once in (*unnamed, *left):
            with suppress(OSError):
                status = path.stat()
                if at_once or status.st_mtime < until.timestamp():
                    path.unlink()
                    freed += status.st_size
        return freed
