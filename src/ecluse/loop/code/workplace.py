"""The folder of one run: clean trees to work in, removed at its end, and by the next run if that end never came.

The trees lie outside of the repository: what looks for a file in the folders above it (python-dotenv and decouple for
`.env`, pytest for its settings, git for a repository) would find the developer's own, which a fresh clone hasn't got.
What the home keeps of a run is its lock and where its trees are.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from itertools import count
from pathlib import Path

from ecluse.loop.code.reused import Reused

_LOCK = "lock"
_PLACES = "places"
_ON_DISK = Path("/var/tmp")  # noqa: S108 (each run's folder in it is private, with a name that can't be guessed)
_LEAST = 1 << 30
"""Bytes that must be free where trees are made."""

TMPDIR = ".tmp"
"""Below the private HOME of a step."""


class Workplace:
    """`folder` is for trees, see `roomy`. `scratch` is short, for TMPDIR: a socket's path has 107 bytes (unix(7))."""

    def __init__(self, folder: Path, scratch: Path, sweeper: ThreadPoolExecutor) -> None:
        self.folder, self.scratch = folder, scratch
        self._sweeper = sweeper
        self._numbers = count()
        self.homes = Reused(self._make_home, self.discard, (TMPDIR,))
        """Each is empty but for an empty TMPDIR."""
        self.empties = Reused(self._make_empty, self.discard)
        """Trees of steps that find nothing in theirs."""

    def make_tree(self, name: str) -> Path:
        """The empty folder of that name, where a step's own tree is to be."""
        tree = self.folder / "steps" / name
        tree.mkdir()
        return tree

    def discard(self, *folders: Path) -> None:
        """Remove them in the background: a busy disk takes its time, and nobody waits for it. Of a workplace that is
        gone, as after a second interrupt, all is gone."""
        with suppress(RuntimeError):
            self._sweeper.submit(_remove_all, folders)

    def _make_home(self) -> Path:
        home = Path(tempfile.mkdtemp(dir=self.scratch))
        (home / TMPDIR).mkdir()
        return home

    def _make_empty(self) -> Path:
        tree = self.folder / "empty" / f"{next(self._numbers)}"
        tree.mkdir()
        return tree


def _remove_all(folders: tuple[Path, ...]) -> None:
    for folder in folders:
        remove_tree(folder)


@contextmanager
def workplace(home: Path, run: str) -> Iterator[Workplace]:
    """A workplace for `run`; first clears what was left by whatever was killed."""
    runs = home / "work"
    runs.mkdir(parents=True, exist_ok=True)
    for left in runs.iterdir():
        _clear_if_left(left)
    record = runs / run
    lock = _locked(record)
    try:
        folder, scratch = _made(record, roomy(_temporary(), record)), _made(record, Path(tempfile.gettempdir()))
        for trees in ("steps", "empty"):
            (folder / trees).mkdir()
        with ThreadPoolExecutor(1, thread_name_prefix="sweeper") as sweeper:
            yield Workplace(folder, scratch, sweeper)
    finally:
        _clear(record)
        os.close(lock)


def _locked(record: Path) -> int:
    """Make the record and hold its lock. Another run may take it for one that was left before it is locked, and clears
    it: then it is made again."""
    while True:
        record.mkdir(exist_ok=True)
        try:
            lock = os.open(record / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:
            continue
        fcntl.flock(lock, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(lock), (record / _LOCK).stat()):
                return lock
        os.close(lock)


def _made(record: Path, within: Path) -> Path:
    """A private folder, noted in the record for whoever has to clear it."""
    folder = Path(tempfile.mkdtemp(prefix="ecluse-", dir=within))
    with (record / _PLACES).open("ab") as places:
        places.write(os.fsencode(folder) + b"\0")
    return folder


def roomy(candidates: Iterable[Path], otherwise: Path) -> Path:
    """The first in which trees can be made: it has room, may run programs, and lies in nobody's repository."""
    return next((folder for folder in candidates if _suits(folder)), otherwise)


def _temporary() -> tuple[Path, ...]:
    """TMPDIR first if the user set one, else /var/tmp, which is no memory disk (FHS 3.0, 5.15)."""
    wanted = Path(tempfile.gettempdir())
    return (_ON_DISK, wanted) if wanted == Path("/tmp") else (wanted, _ON_DISK)  # noqa: S108 (as above)


def _suits(folder: Path) -> bool:
    try:
        there = os.statvfs(folder)
    except OSError:
        return False
    is_open = os.access(folder, os.W_OK | os.X_OK) and not there.f_flag & os.ST_NOEXEC
    has_room = there.f_bavail * there.f_frsize >= _LEAST
    return is_open and has_room and not any(_is_somebody_s(above) for above in (folder, *folder.parents))


def _is_somebody_s(folder: Path) -> bool:
    return (folder / ".git").exists() or (folder / ".env").exists()


def _clear_if_left(record: Path) -> None:
    """The kernel gives back the lock of a run that was killed; a run that lives still holds it."""
    try:
        lock = os.open(record / _LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:  # one that begins right now, or is just being cleared
        return
    try:
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _clear(record)
    finally:
        os.close(lock)


def _clear(record: Path) -> None:
    with suppress(FileNotFoundError):
        for place in (record / _PLACES).read_bytes().split(b"\0")[:-1]:  # what has no end was being written
            remove_tree(Path(os.fsdecode(place)))
    remove_tree(record)


def remove_tree(folder: Path) -> None:
    """Remove it all, read-only folders that a step left included. Not there: nothing to do."""
    with suppress(OSError):
        folder.rmdir()  # most of a small step's folders are empty
        return
    if folder.exists():
        shutil.rmtree(folder, onerror=partial(_permit_and_retry, folder))


def _permit_and_retry(whole: Path, function: object, name: str, failure: object) -> None:  # noqa: ARG001
    """What holds `whole` (/var/tmp) isn't ours, nor what a link leads to: their modes stay, also when root asks."""
    path = Path(name)
    with suppress(OSError):
        if path != whole:
            path.parent.chmod(0o700)
        if path.is_symlink() or not path.is_dir():
            path.unlink()
        else:
            path.chmod(0o700)
            shutil.rmtree(path, ignore_errors=True)
