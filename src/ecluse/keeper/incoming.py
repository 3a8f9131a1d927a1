"""Files on their way into the content store: what came of one is kept over a break, so that the rest alone travels."""

import contextlib
import os
import shutil
import time
from typing import Mapping, NamedTuple

from ecluse.keeper.durable import made
from ecluse.wire.codes import DISK_FULL, OrderError

LEFT_OVER = 24 * 3600.0
"""Seconds without a piece after which nobody is believed to send the rest."""


class Held(NamedTuple):
    """How much of a file is here: its first `size` bytes, or the whole of it under its own name."""

    size: int
    whole: bool


class Incoming:
    """The beginning of each file, under the name of the whole. Use for one file from one thread at a time."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def path(self, name: str) -> str:
        return os.path.join(self.folder, name)

    def size(self, name: str) -> int:
        """How many bytes of it came."""
        try:
            return os.stat(self.path(name)).st_size
        except FileNotFoundError:
            return 0

    def expect(self, sizes: Mapping[str, int]) -> Mapping[str, int]:
        """How much is here of each file that is that long. K030, with nothing written, when the rest has no room."""
        for name, size in sizes.items():
            if self.size(name) > size:
                self.drop(name)
        held = {name: self.size(name) for name in sizes}
        needed = sum(sizes.values()) - sum(held.values())
        with made(self.folder):
            free = shutil.disk_usage(self.folder).free
        if needed > free:
            evidence = {"folder": self.folder, "free_bytes": free, "needed_bytes": needed}
            raise OrderError(DISK_FULL, "no room for what is to come on the disk of %s" % self.folder, evidence)
        return held

    def add(self, name: str, offset: int, data: bytes) -> int:
        """Write of the piece what isn't here yet, durably; how many bytes are here now.

        A piece that begins behind them is left: whoever sends goes on from what is here. On a full disk all that came
        of the file is given up, because what runs on this host needs the room more.
        """
        try:
            with made(self.folder), open(self.path(name), "ab") as file:
                size = file.seek(0, os.SEEK_END)
                if not offset <= size < offset + len(data):
                    return size
                file.write(data[size - offset :])
                file.flush()
                os.fsync(file.fileno())
                return file.tell()
        except OrderError:
            self.drop(name)
            raise

    def drop(self, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path(name))

    def prune(self, older: float = LEFT_OVER) -> int:
        """Remove those that got nothing for so many seconds; how many bytes that freed."""
        freed, now = 0, time.time()
        with contextlib.suppress(FileNotFoundError):
            for entry in list(os.scandir(self.folder)):
                status = entry.stat(follow_symlinks=False)
                if now - status.st_mtime >= older:
                    os.unlink(entry.path)
                    freed += status.st_size
        return freed
