"""Folders that one step after the other has, while each leaves them as they were."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_SETTLED = 50_000_000
"""Nanoseconds after which a change can't have the time of the one before it: file systems take the time of the kernel's
last tick, at most 10 ms ago (time(7), "The software clock, HZ, and jiffies")."""
_SECOND = 1_000_000_000


@dataclass(slots=True)
class Reused:
    """What `make` makes: a folder in which there are just the empty folders `inside`. It costs more than many a step:
    ext4 looks at all that was removed in the last minutes before it makes one."""

    make: Callable[[], Path]
    discard: Callable[[Path], None]
    """Takes those that were changed, or are gone."""
    inside: Sequence[str] = ()
    _free: list[Path] = field(default_factory=list)
    _known: dict[str, int] = field(default_factory=dict)
    """The times at which folders were last changed that are as they should be (inode(7), st_ctime)."""

    def lend(self) -> Path:
        return self._free.pop() if self._free else self.make()

    def take(self, lent: Path) -> None:
        """A step is done with it. It is lent again if it was left as it was."""
        is_clean = self._holds(f"{lent}", self.inside)
        is_clean = is_clean and all(self._holds(f"{lent}/{name}", ()) for name in self.inside)
        (self._free.append if is_clean else self.discard)(lent)

    def _holds(self, folder: str, names: Sequence[str]) -> bool:
        """Just these, and we may still do all in it. What others may is without effect: they don't get that far."""
        try:  # without a Path, which has two thirds of the cost
            found = os.lstat(folder)
            if self._known.get(folder) == found.st_ctime_ns:
                return True
            is_ours = stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_IRWXU == stat.S_IRWXU
            if not is_ours or os.listdir(folder) != list(names):  # noqa: PTH208
                return False
        except OSError:  # gone, or closed to us
            return False
        # A whole second: a file system that knows no less.
        if found.st_ctime_ns % _SECOND and time.time_ns() - found.st_ctime_ns > _SETTLED:
            self._known[folder] = found.st_ctime_ns
        return True
