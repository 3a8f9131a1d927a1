"""Which workers live: each holds a lock on a file of its own, and the kernel ends it with them.

A process id would not do: in a container each worker is number 1.
"""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

AT_WORK = b"at work\n"
"""What the file says, until the worker is told to stop: to say less needs no room on the disk."""


@dataclass(frozen=True, slots=True)
class Gone:
    """A worker that is no more."""

    name: str
    was_leaving_off: bool


class Presence:
    """This worker's, in the folder where all of them show themselves."""

    def __init__(self, folder: Path) -> None:
        self.name = secrets.token_hex(4)
        self._folder = folder
        hidden = folder / f".{self.name}"
        self._file = hidden.open("wb", buffering=0)
        self._file.write(AT_WORK)
        os.fsync(self._file.fileno())
        fcntl.flock(self._file, fcntl.LOCK_EX)
        hidden.rename(folder / self.name)  # it shows itself locked, or not at all
        settle(folder)

    def leave_off(self) -> None:
        """Should this process end before the job at hand does, that isn't the job's fault."""
        self._file.truncate(0)

    def end(self) -> None:
        (self._folder / self.name).unlink(missing_ok=True)
        self._file.close()


@contextmanager
def take_over(folder: Path) -> Iterator[list[Gone]]:
    """The workers that are no more, for one caller at a time, who does what they left undone.

    They are forgotten after that; when it raises, they are there for the next.
    """
    with ExitStack() as locks:
        gone = [one for path in folder.glob("[!.]*") for one in _ours(path, locks)]
        yield gone
        for one in gone:
            (folder / one.name).unlink(missing_ok=True)


def _ours(path: Path, locks: ExitStack) -> Iterator[Gone]:
    try:
        file = locks.enter_context(path.open("rb"))
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (FileNotFoundError, BlockingIOError):  # it ended just now; it lives
        return
    yield Gone(path.name, was_leaving_off=file.read() != AT_WORK)


def settle(folder: Path) -> None:
    """What moved in is there after a power cut, too (fsync(2))."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
