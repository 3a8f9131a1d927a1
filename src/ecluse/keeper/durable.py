"""Files that survive SIGKILL and a power cut: written whole or not at all, and flushed to the disk."""

import contextlib
import errno
import os
import shutil
from typing import Any, Dict, Iterator, Optional

from ecluse.keeper import ballast, records
from ecluse.wire.codes import DISK_FULL, READ_ONLY, OrderError
from ecluse.wire.record import BrokenRecordError, seal, unseal

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@contextlib.contextmanager
def room(folder: str) -> Iterator[None]:
    """Within it, a disk without space left is an OrderError K030 that names `folder`, a read-only one K031."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.EROFS:
            raise OrderError(READ_ONLY, "the disk of %s is read-only" % folder) from error
        if error.errno not in _FULL:
            raise
        evidence = {"folder": folder, "free_bytes": shutil.disk_usage(folder).free}
        raise OrderError(DISK_FULL, "no space left on the disk of %s" % folder, evidence) from error


@contextlib.contextmanager
def made(folder: str) -> Iterator[None]:
    """As `room`, and the folder is there: somebody may have removed it since."""
    with room(folder):
        os.makedirs(folder, mode=0o700, exist_ok=True)
        yield


def replace(path: str, data: bytes, *, flush: bool = True) -> None:
    """Put `data` under `path`, for its owner alone. A crash at any moment leaves the old bytes or the new ones; a
    power cut too, with `flush`: file, name, folder (fsync(2)). On a full disk the folder's ballast makes room."""
    folder = os.path.dirname(path)
    with room(folder):
        try:
            records.replace(path, data, flush=flush)
        except OSError as error:
            if error.errno not in _FULL or not ballast.drop(folder):
                raise
            records.replace(path, data, flush=flush)


class SealedFile:
    """One checksummed record and a copy of it.

    Both are written each time, so that a damaged file never brings back an older record: an older journal could
    undo a deployment that was committed since. Only the file is flushed: a copy that a power cut took is made anew
    when the file is read. Without `flush` the record survives a kill alone, and costs no wait for the disk.
    """

    def __init__(self, path: str, *, flush: bool = True) -> None:
        self._flush = flush
        self.path = path
        self.copy = path + ".copy"
        self.recovered = ""
        """Why the record isn't the one that was written last, or empty."""

    def load(self) -> Optional[Dict[str, Any]]:
        """The record, from the copy when the file is damaged; None when there is neither."""
        data, copied = _read(self.path), _read(self.copy)
        damage = []
        for found, path in ((data, self.path), (copied, self.copy)):
            try:
                record = unseal(found) if found is not None else None
            except BrokenRecordError as error:
                damage.append("%s: %s" % (os.path.basename(path), error))
                continue
            if found is not None and record is not None:
                self._heal(found, data, copied)
                self.recovered = "; ".join([*damage, "read its copy"]) if damage else ""
                return record
        self.recovered = "; ".join([*damage, "started empty"]) if damage else ""
        return None

    def save(self, record: Dict[str, Any]) -> None:
        data = seal(record)
        replace(self.path, data, flush=self._flush)
        self._copy(data, flush=False)

    def _copy(self, data: bytes, *, flush: bool) -> None:
        """The record is written: neither an order nor a start may fail for its copy. An older one is made void where
        it lies: to remove it would make room on a full disk, of which nobody knows who takes it."""
        try:
            replace(self.copy, data, flush=flush)
        except (OSError, OrderError):
            with contextlib.suppress(OSError), open(self.copy, "r+b") as older:
                older.write(b"\0")

    def _heal(self, good: bytes, data: Optional[bytes], copied: Optional[bytes]) -> None:
        """Both as the good one, as far as the disk lets us."""
        if data != good:
            with contextlib.suppress(OSError, OrderError):
                replace(self.path, good, flush=self._flush)
        elif copied != good:
            self._copy(good, flush=self._flush)

    def remove(self) -> None:
        for path in (self.path, self.copy):
            records.remove(path)


def _read(path: str) -> Optional[bytes]:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
