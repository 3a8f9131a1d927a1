"""The folder of one run: clean trees to work in, removed at its end, and by the next run if that end never came."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

_LOCK = "lock"
_SCRATCH = "scratch"

TMPDIR = ".tmp"
"""Below the private HOME of a step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """`folder` lies below the home. `scratch` is short, for TMPDIR: a socket's path has 107 bytes (unix(7))."""

    folder: Path
    scratch: Path

    sweeper: ThreadPoolExecutor
    lent: list[Path] = field(default_factory=list)

    @property
    def steps(self) -> Path:
        """Where each step has its own tree."""
        return self.folder / "steps"

    def lend_scratch(self) -> Path:
        """A folder that is empty but for an empty TMPDIR, for one step at a time."""
        try:
            return self.lent.pop()
        except IndexError:
            lent = Path(tempfile.mkdtemp(dir=self.scratch))
            (lent / TMPDIR).mkdir()
            return lent

    def take_scratch(self, lent: Path) -> None:
        """A step is done with it. It is lent again if it was left as it was."""
        (self.lent.append if _is_untouched(lent) else self.discard)(lent)

    def discard(self, *folders: Path) -> None:
        """Remove them in the background: a busy disk takes its time, and nobody waits for it."""
        self.sweeper.submit(_remove_all, folders)


def _is_untouched(lent: Path) -> bool:
    try:
        return os.listdir(lent) == [TMPDIR] and not os.listdir(lent / TMPDIR)  # noqa: PTH208 (a third of the cost)
    except OSError:  # gone, or closed to us
        return False


def _remove_all(folders: tuple[Path, ...]) -> None:
    for folder in folders:
        remove_tree(folder)


@contextmanager
def workplace(home: Path, run: str) -> Iterator[Workplace]:
    """A workplace for `run`; first clears what killed runs have left."""
    runs = home / "work"
    runs.mkdir(parents=True, exist_ok=True)
    for left in runs.iterdir():
        _clear_if_left(left)
    folder = runs / run
    folder.mkdir()
    lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        scratch = Path(tempfile.mkdtemp(prefix="ecluse-"))
        (folder / _SCRATCH).write_text(str(scratch))
        (folder / "steps").mkdir()
        with ThreadPoolExecutor(1, thread_name_prefix="sweeper") as sweeper:
            yield Workplace(folder=folder, scratch=scratch, sweeper=sweeper)
    finally:
        _clear(folder)
        os.close(lock)


def _clear_if_left(folder: Path) -> None:
    """The kernel gives back the lock of a run that was killed; a run that lives still holds it."""
    try:
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:  # one that begins right now, or is just being cleared
        return
    try:
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _clear(folder)
    finally:
        os.close(lock)


def _clear(folder: Path) -> None:
    with suppress(FileNotFoundError):
        remove_tree(Path((folder / _SCRATCH).read_text()))
    remove_tree(folder)


def remove_tree(folder: Path) -> None:
    """Remove it all, read-only folders that a step left included. Not there: nothing to do."""
    with suppress(OSError):
        folder.rmdir()  # most of a small step's folders are empty
        return
    if folder.exists():
        shutil.rmtree(folder, onerror=_permit_and_retry)


def _permit_and_retry(function: object, path: str, failure: object) -> None:  # noqa: ARG001
    with suppress(OSError):
        Path(path).parent.chmod(0o700)
        Path(path).chmod(0o700)
        if Path(path).is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            Path(path).unlink()
