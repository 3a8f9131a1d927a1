"""Which workers live: each holds a lock on a file of its own, and the kernel ends it with them.

A process id would not do: in a container each worker is number 1.
"""

import fcntl
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path


class Presence:
    """This worker's, in the folder where all of them show themselves."""

    def __init__(self, folder: Path) -> None:
        self.name = secrets.token_hex(4)
        self._folder = folder
        hidden = folder / f".{self.name}"
        self._file = hidden.open("w")
        fcntl.flock(self._file, fcntl.LOCK_EX)
        hidden.rename(folder / self.name)  # it shows itself locked, or not at all

    def end(self) -> None:
        (self._folder / self.name).unlink(missing_ok=True)
        self._file.close()


@contextmanager
def take_over(folder: Path) -> Iterator[list[str]]:
    """The workers that are no more, for one caller at a time, who does what they left undone.

    They are forgotten after that; when it raises, they are there for the next.
    """
    with ExitStack() as locks:
        gone = [path for path in folder.glob("[!.]*") if _is_ours(path, locks)]
        yield [path.name for path in gone]
        for path in gone:
            path.unlink(missing_ok=True)


def _is_ours(path: Path, locks: ExitStack) -> bool:
    try:
        file = locks.enter_context(path.open())
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (FileNotFoundError, BlockingIOError):  # it ended just now; it lives
        return False
    return True
