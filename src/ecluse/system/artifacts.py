"""The store of releases in a folder, this machine's own or one that several machines mount."""

from __future__ import annotations

from pathlib import Path

from ecluse.model.ids import Digest
from ecluse.system.shelf import Shelf, name_of


class FolderArtifacts:
    """Fills ports.artifacts.ArtifactStore below `folder`. Everything is on disk before it has its name."""

    def __init__(self, folder: Path, *, mounted: bool = False) -> None:
        """`mounted`: the folder is somebody else's, so it isn't made, and without it nothing can be asked."""
        self._folder = folder
        self._documents = Shelf(folder, "documents", mounted=mounted, flushed=True)
        self._files = Shelf(folder, "files", mounted=mounted, flushed=True)

    @property
    def place(self) -> str:
        return str(self._folder)

    def read(self, name: str) -> bytes | None:
        return self._documents.read(name)

    def claim(self, name: str, document: bytes) -> bytes:
        self._documents.put(name, lambda file: file.write(document), first=True)
        kept = self.read(name)
        return document if kept is None else kept

    def put(self, name: str, document: bytes) -> None:
        self._documents.put(name, lambda file: file.write(document))

    def holds(self, digest: Digest, size: int) -> bool:
        return self._files.holds(name_of(digest), size)

    def keep(self, digest: Digest, path: Path) -> None:
        if self.holds(digest, path.stat().st_size):
            return
        self._files.take_in(name_of(digest), path)

    def fetch(self, digest: Digest, into: Path) -> bool:
        return self._files.fetch(name_of(digest), into)
