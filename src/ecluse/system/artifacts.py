"""The store of releases in a folder, this machine's own or one that several machines mount."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ecluse.model.ids import Digest
from ecluse.ports.cache import UnreachableError
from ecluse.system.files import sync_folder

_DIGITS = 64
_PREFIX = "sha256:"


class FolderArtifacts:
    """Fills ports.artifacts.ArtifactStore below `folder`. Everything is on disk before it has its name."""

    def __init__(self, folder: Path, *, mounted: bool = False) -> None:
        """`mounted`: the folder is somebody else's, so it isn't made, and without it nothing can be asked."""
        self._folder, self._mounted = folder, mounted
        self._documents, self._files = folder / "documents", folder / "files"

    @property
    def place(self) -> str:
        return str(self._folder)

    def read(self, name: str) -> bytes | None:
        path = _place(self._documents, name)
        try:
            return path.read_bytes()
        except FileNotFoundError:
            self._require_mount()
            return None
        except OSError as error:
            raise _unreachable(path, error) from error

    def claim(self, name: str, document: bytes) -> bytes:
        """link(2) gives a name to one file only, on network file systems too."""
        place = _place(self._documents, name)
        with self._incoming(place) as path:
            _write(path, document)
            with suppress(FileExistsError):
                os.link(path, place)
                sync_folder(place.parent)
        kept = self.read(name)
        return document if kept is None else kept

    def put(self, name: str, document: bytes) -> None:
        place = _place(self._documents, name)
        with self._incoming(place) as path:
            _write(path, document)
            path.replace(place)
            sync_folder(place.parent)

    def holds(self, digest: Digest, size: int) -> bool:
        try:
            return self._file(digest).stat().st_size == size
        except FileNotFoundError:
            self._require_mount()
            return False
        except OSError as error:
            raise _unreachable(self._file(digest), error) from error

    def keep(self, digest: Digest, path: Path) -> None:
        if self.holds(digest, path.stat().st_size):
            return
        place = self._file(digest)
        with self._incoming(place) as incoming:
            shutil.copyfile(path, incoming)
            _flush(incoming)
            incoming.replace(place)
            sync_folder(place.parent)

    def fetch(self, digest: Digest, into: Path) -> bool:
        found = hashlib.sha256()
        try:
            with self._file(digest).open("rb") as file, into.open("xb") as target:
                while piece := file.read(1 << 20):
                    found.update(piece)
                    target.write(piece)
        except FileNotFoundError:
            self._require_mount()
            return False
        except OSError as error:
            into.unlink(missing_ok=True)
            raise _unreachable(self._file(digest), error) from error
        if _PREFIX + found.hexdigest() == digest:
            return True
        into.unlink()
        return False

    def _require_mount(self) -> None:
        if self._mounted and not self._folder.is_dir():
            raise UnreachableError(f"{self._folder} is no folder")

    def _file(self, digest: Digest) -> Path:
        return _place(self._files, digest.removeprefix(_PREFIX))

    @contextmanager
    def _incoming(self, place: Path) -> Iterator[Path]:
        """A file to write beside its place."""
        self._require_mount()
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=place.parent, prefix=".incoming-")
            os.close(handle)
            incoming = Path(name)
            try:
                incoming.chmod(0o644)
                yield incoming
            finally:
                incoming.unlink(missing_ok=True)
        except OSError as error:
            raise _unreachable(place, error) from error


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    _flush(path)


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _place(folder: Path, name: str) -> Path:
    if len(name) != _DIGITS or not name.isalnum():
        raise KeyError(name)
    return folder / name[:2] / name[2:]


def _unreachable(path: Path, error: OSError) -> UnreachableError:
    return UnreachableError(f"{error.filename or path}: {error.strerror or error}")
