"""The step cache in a folder, this machine's own or one that several machines mount."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from ecluse.model.ids import Digest
from ecluse.ports.cache import Shelved, UnreachableError

DIGITS = 64
_PREFIX = "sha256:"
_INCOMING = ".incoming-"


class FolderCache:
    """Fills ports.cache.StepCache below `folder`.

    A document or file gets its name when its bytes are complete; nothing is flushed to the disk, because what a power
    cut tears is found out by whoever reads it.
    """

    troubles = ()

    def __init__(self, folder: Path, *, mounted: bool = False) -> None:
        """`mounted`: the folder is somebody else's, so it isn't made, and without it nothing can be asked."""
        self._folder, self._mounted = folder, mounted
        self._documents, self._files = folder / "documents", folder / "files"

    def get(self, key: str) -> bytes | None:
        _require_key(key)
        path = f"{self._documents}/{key[:2]}/{key[2:]}"  # asked for each step of a run: no Path is made for it
        try:
            with open(path, "rb", buffering=0) as file:  # noqa: PTH123
                document = file.readall()
        except FileNotFoundError:
            self._require_mount()
            return None
        except OSError as error:
            raise _unreachable(Path(path), error) from error
        with suppress(OSError):  # of somebody else, or just removed: then it is as old as it was
            os.utime(path)
        return document

    def put(self, key: str, document: bytes) -> None:
        with self._incoming(_place(self._documents, key)) as path:
            path.write_bytes(document)

    def holds(self, digest: Digest, size: int) -> bool:
        try:
            return self._file(digest).stat().st_size == size
        except OSError:  # whatever is wrong shows itself when it is fetched
            return False

    def keep(self, digest: Digest, path: Path) -> None:
        if not self.holds(digest, path.stat().st_size):
            with self._incoming(self._file(digest)) as incoming:
                shutil.copyfile(path, incoming)

    def fetch(self, digest: Digest, into: Path) -> bool:
        found = hashlib.sha256()
        try:
            with self._file(digest).open("rb") as file, into.open("xb") as target:
                while piece := file.read(1 << 20):
                    found.update(piece)
                    target.write(piece)
        except FileNotFoundError:
            return False
        except OSError as error:
            into.unlink(missing_ok=True)
            raise _unreachable(self._file(digest), error) from error
        if _PREFIX + found.hexdigest() == digest:
            return True
        into.unlink()
        with suppress(OSError):
            self._file(digest).unlink()  # what is spoilt must not be taken for kept
        return False

    def documents(self) -> Iterator[tuple[Shelved, bytes]]:
        for path in self._all(self._documents):
            if path.name.startswith(_INCOMING):
                continue
            with suppress(FileNotFoundError):
                status, document = path.stat(), path.read_bytes()
                used = datetime.fromtimestamp(status.st_mtime, UTC)
                yield Shelved(key=path.parent.name + path.name, size=len(document), used=used), document

    def remove(self, *keys: str) -> None:
        for key in keys:
            with suppress(OSError):
                _place(self._documents, key).unlink()

    def sweep(self, kept: frozenset[Digest], until: datetime) -> int:
        freed = 0
        left = (path for path in self._all(self._documents) if path.name.startswith(_INCOMING))
        for path in (*self._all(self._files), *left):
            with suppress(OSError):
                status = path.stat()
                named = Digest(f"{_PREFIX}{path.parent.name}{path.name}") in kept
                if not named and status.st_mtime < until.timestamp():
                    path.unlink()
                    freed += status.st_size
        return freed

    def _require_mount(self) -> None:
        if self._mounted and not self._folder.is_dir():
            raise UnreachableError(f"{self._folder} is no folder")

    def _file(self, digest: Digest) -> Path:
        return _place(self._files, digest.removeprefix(_PREFIX))

    @staticmethod
    def _all(folder: Path) -> Iterator[Path]:
        """Those that are left over from whoever was killed while it wrote, too: a sweep takes them."""
        return (path for path in folder.glob("??/*") if path.is_file())

    @contextmanager
    def _incoming(self, place: Path) -> Iterator[Path]:
        """A file to write, which then takes its place."""
        self._require_mount()
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=place.parent, prefix=_INCOMING)
            os.close(handle)
            incoming = Path(name)
            try:
                yield incoming
                incoming.chmod(0o644)
                incoming.replace(place)
            finally:
                incoming.unlink(missing_ok=True)
        except OSError as error:
            raise _unreachable(place, error) from error


def _place(folder: Path, name: str) -> Path:
    _require_key(name)
    return folder / name[:2] / name[2:]


def _require_key(name: str) -> None:
    if len(name) != DIGITS or not name.isalnum():
        raise KeyError(name)


def _unreachable(path: Path, error: OSError) -> UnreachableError:
    return UnreachableError(f"{error.filename or path}: {error.strerror or error}")
