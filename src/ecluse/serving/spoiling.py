"""Databases in files made unreadable for a moment: what answers differently then, reads them."""

import contextlib
import os
from typing import Iterator, List

MAGIC = b"SQLite format 3\0"
"""The first bytes of such a file (sqlite.org/fileformat2.html)."""
BESIDE = ("-wal", "-shm")
PASSED_OVER = frozenset((".git", "node_modules", "__pycache__"))
LARGEST = 1 << 26


def databases(tree: str) -> List[str]:
    """The SQLite files below a folder that can be kept in memory meanwhile."""
    found = []
    for parent, folders, files in os.walk(tree):
        folders[:] = [name for name in folders if name not in PASSED_OVER]
        paths = (os.path.join(parent, name) for name in files)
        found += [path for path in paths if _is_database(path)]
    return sorted(found)


def _is_database(path: str) -> bool:
    try:
        if os.path.islink(path) or not len(MAGIC) < os.path.getsize(path) <= LARGEST:
            return False
        with open(path, "rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


@contextlib.contextmanager
def spoiled(paths: List[str]) -> Iterator[None]:
    """The files hold nonsense until this is over; then they are as they were, the time of their change too.

    Written in place: who has one open must see it as well.
    """
    files = [path for path in paths + [path + end for path in paths for end in BESIDE] if os.path.exists(path)]
    kept = []
    try:
        for path in files:
            times = os.stat(path)
            with open(path, "rb") as file:
                kept.append((path, times, file.read()))
        for path, times, _ in kept:
            _write(path, b"\x5a" * times.st_size)
        yield
    finally:
        for path, times, content in kept:
            _write(path, content)
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def _write(path: str, content: bytes) -> None:
    with open(path, "r+b") as file:
        file.write(content)
        file.truncate()
