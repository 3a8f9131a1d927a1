"""The content store of a host: one read-only file for each SHA-256, wheels and sources alike."""

import contextlib
import errno
import hashlib
import os
import shutil
import threading
from typing import Dict, Iterable, List, Mapping, Tuple

from ecluse.keeper.durable import made
from ecluse.keeper.incoming import Held, Incoming
from ecluse.wire.codes import BAD_ORDER, STAGING_FAILED, OrderError

_PREFIX = "sha256:"
_LINK = ".partial"
_INCOMING = "incoming"
_CHUNK = 1 << 20
_TURNS = 16


class Store:
    """Entries appear whole and verified, or not at all; an entry that is there is never written again.

    Names aren't flushed to the disk: one that a power cut loses is only brought again.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        os.makedirs(folder, mode=0o700, exist_ok=True)
        self._incoming = Incoming(os.path.join(folder, _INCOMING))
        self._turns = [threading.Lock() for _ in range(_TURNS)]
        """One who writes or names a file has its turn; others may be at work on other files."""

    def missing(self, digests: Iterable[str]) -> List[str]:
        """Those that aren't here, each once, in their order."""
        return self.look(digests)[0]

    def look(self, digests: Iterable[str]) -> Tuple[List[str], int]:
        """Those that aren't here, each once, in their order; and the bytes of those that are."""
        missing, size = [], 0
        for digest in dict.fromkeys(digests):
            try:
                size += os.stat(self.path(digest)).st_size
            except FileNotFoundError:
                missing.append(digest)
        return missing, size

    def path(self, digest: str) -> str:
        """Where the entry is or would be."""
        name = digest[len(_PREFIX) :]
        if not digest.startswith(_PREFIX) or len(name) != 64 or not set(name) <= set("0123456789abcdef"):  # noqa: PLR2004
            raise OrderError(BAD_ORDER, "not a digest: %r" % digest)
        return os.path.join(self.folder, name)

    def expect(self, sizes: Mapping[str, int]) -> Dict[str, int]:
        """How much is here of each file that is to come, with its size. K030 when there is no room for the rest."""
        names = {digest: os.path.basename(self.path(digest)) for digest in sizes}
        held = self._incoming.expect({names[digest]: size for digest, size in sizes.items()})
        return {digest: held[name] for digest, name in names.items()}

    def put(self, digest: str, offset: int, data: bytes, last: bool) -> Held:
        """Write a piece; with `last` the whole is verified and named. What is here now, from which to go on.

        Pieces may come again, and from several at once. K040 for a whole of another digest; all of it is thrown away.
        """
        name = os.path.basename(self.path(digest))
        with self._turns[int(name, 16) % _TURNS]:
            if os.path.exists(self.path(digest)):
                return Held(offset + len(data), whole=True)
            held = self._incoming.add(name, offset, data)
            if not last or held < offset + len(data):
                return Held(held, whole=False)
            self._name(digest, self._incoming.path(name))
        return Held(held, whole=True)

    def link(self, digest: str, source: str) -> None:
        """Take a file of this machine: by hard link, or a copy where that isn't possible."""
        path = self.path(digest)
        if os.path.exists(path):
            return
        partial = path + _LINK
        with contextlib.suppress(FileNotFoundError):
            os.unlink(partial)
        with made(self.folder):
            _link_or_copy(source, partial)
        self._name(digest, partial)

    def link_all(self, files: Mapping[str, str]) -> None:
        """`link` for many: the path of each digest."""
        for digest, source in files.items():
            self.link(digest, source)

    def forget(self, keep: Iterable[str]) -> int:
        """Remove every entry that isn't in `keep`, half-written ones too; returns how many bytes that freed."""
        kept = {_INCOMING, *(os.path.basename(self.path(digest)) for digest in keep)}
        there = os.scandir(self.folder) if os.path.isdir(self.folder) else ()
        gone = [entry for entry in there if entry.name not in kept]
        freed = sum(entry.stat().st_size for entry in gone)
        for entry in gone:
            os.unlink(entry.path)
        return freed + self._incoming.prune(0)

    def _name(self, digest: str, partial: str) -> None:
        if _PREFIX + sha256_of(partial) != digest:
            os.unlink(partial)
            raise OrderError(
                STAGING_FAILED, "what arrived doesn't have the digest it was sent under", {"digest": digest}
            )
        os.chmod(partial, 0o444)
        os.rename(partial, self.path(digest))


def prune(folder: str) -> int:
    """Remove from the store there what came of files long ago and was never gone on with; the bytes that freed."""
    return Incoming(os.path.join(folder, _INCOMING)).prune()


def sha256_of(path: str) -> str:
    found = hashlib.sha256()
    with open(path, "rb") as file:
        for chunk in iter(lambda: file.read(_CHUNK), b""):
            found.update(chunk)
    return found.hexdigest()


def _link_or_copy(source: str, path: str) -> None:
    try:
        os.link(source, path)
    except OSError as error:
        # Another file system, a file system without links, or one of another user (protected_hardlinks, proc(5)).
        if error.errno not in (errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.ENOTSUP):
            raise
        shutil.copyfile(source, path)
