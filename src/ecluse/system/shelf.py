"""Files by their 64 digits in one folder, this machine's own or one that several machines mount."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from ecluse.model.ids import Digest
from ecluse.ports.cache import UnreachableError
from ecluse.system.files import sync_folder

DIGITS = 64
PREFIX = "sha256:"
"""Of a digest, before the name."""
_INCOMING = ".incoming-"
_PIECE = 1 << 20


class Shelf:
    """A file gets its name when its bytes are complete, so that any number of processes may put and read at once.

    What the system refuses is UnreachableError, a name that isn't 64 letters and digits KeyError. Paths are text here:
    a run asks for each of its steps.
    """

    def __init__(self, root: Path, name: str, *, mounted: bool, flushed: bool) -> None:
        """The folder `name` of `root`. `mounted`: `root` is somebody else's, so it isn't made, and without it nothing
        can be asked. `flushed`: a file and its name are on disk when it has been put."""
        self._root, self._mounted, self._flushed = root, mounted, flushed
        self._folder = os.path.join(root, name)  # noqa: PTH118

    def read(self, name: str) -> bytes | None:
        """None when it isn't there."""
        path = self._place(name)
        try:
            with open(path, "rb", buffering=0) as file:  # noqa: PTH123
                return file.readall()
        except FileNotFoundError:
            self._require_mount()
            return None
        except OSError as error:
            raise _unreachable(path, error) from error

    def put(self, name: str, write: Callable[[BinaryIO], object], *, first: bool = False) -> None:
        """What `write` writes takes the place of what was there. `first`: what was there stays, whoever put it
        (link(2) gives a name to one file only, on network file systems too)."""
        place = self._place(name)
        folder = os.path.dirname(place)  # noqa: PTH120
        incoming = f"{folder}/{_INCOMING}{os.urandom(8).hex()}"
        try:
            with self._created(incoming) as file:
                os.fchmod(file.fileno(), 0o644)
                write(file)
                if self._flushed:
                    file.flush()
                    os.fsync(file.fileno())
            if first:
                with suppress(FileExistsError):
                    os.link(incoming, place)
                os.unlink(incoming)  # noqa: PTH108
            else:
                os.replace(incoming, place)  # noqa: PTH105
            if self._flushed:
                sync_folder(Path(folder))
        except BaseException as error:
            with suppress(OSError):
                os.unlink(incoming)  # noqa: PTH108
            if isinstance(error, OSError):
                raise _unreachable(place, error) from error
            raise

    def take_in(self, name: str, path: Path) -> None:
        """A copy of the file."""
        with path.open("rb") as content:
            self.put(name, lambda file: shutil.copyfileobj(content, file))

    def holds(self, name: str, size: int) -> bool:
        path = self._place(name)
        try:
            return os.stat(path).st_size == size  # noqa: PTH116
        except FileNotFoundError:
            self._require_mount()
            return False
        except OSError as error:
            raise _unreachable(path, error) from error

    def fetch(self, name: str, into: Path) -> bool:
        """Copy to `into`, which isn't there. False, and no file, when it isn't here or its SHA-256 isn't its name."""
        found, path = hashlib.sha256(), self._place(name)
        try:
            with open(path, "rb") as file, into.open("xb") as target:  # noqa: PTH123
                while piece := file.read(_PIECE):
                    found.update(piece)
                    target.write(piece)
        except FileNotFoundError:
            self._require_mount()
            return False
        except OSError as error:
            into.unlink(missing_ok=True)
            raise _unreachable(path, error) from error
        if found.hexdigest() == name:
            return True
        into.unlink()
        return False

    def touch(self, name: str) -> None:
        """It was used just now. One of somebody else's stays as old as it was."""
        with suppress(OSError):
            os.utime(self._place(name))

    def remove(self, name: str) -> None:
        with suppress(OSError):
            os.unlink(self._place(name))  # noqa: PTH108

    def files(self) -> Iterator[tuple[str, Path]]:
        """All that have their name, and it."""
        return ((path.parent.name + path.name, path) for path in self._all() if not _is_incoming(path))

    def left(self) -> Iterator[Path]:
        """Those of whoever is just writing, or was killed while it wrote."""
        return filter(_is_incoming, self._all())

    def _all(self) -> Iterator[Path]:
        return (path for path in Path(self._folder).glob("??/*") if path.is_file())

    def _place(self, name: str) -> str:
        require_name(name)
        return f"{self._folder}/{name[:2]}/{name[2:]}"

    def _created(self, path: str) -> BinaryIO:
        try:
            return open(path, "xb")  # noqa: PTH123
        except FileNotFoundError:
            self._require_mount()
            self._make(Path(path).parent)
            return open(path, "xb")  # noqa: PTH123

    def _make(self, folder: Path) -> None:
        """With the rights of the root: who shares it by a group has an umask that would shut it."""
        self._root.mkdir(parents=True, exist_ok=True)
        mode = stat.S_IMODE(self._root.stat().st_mode)
        for each in (folder.parent, folder):
            with suppress(FileExistsError):
                each.mkdir()
                with suppress(OSError):  # a file system without them
                    each.chmod(mode)

    def _require_mount(self) -> None:
        if self._mounted and not self._root.is_dir():
            raise UnreachableError(f"{self._root} is no folder")


def name_of(digest: Digest) -> str:
    return digest.removeprefix(PREFIX)


def require_name(name: str) -> None:
    if len(name) != DIGITS or not name.isalnum():
        raise KeyError(name)


def _is_incoming(path: Path) -> bool:
    return path.name.startswith(_INCOMING)


def _unreachable(path: str, error: OSError) -> UnreachableError:
    return UnreachableError(f"{error.filename or path}: {error.strerror or error}")
