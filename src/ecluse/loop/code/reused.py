"""Folders that one step after the other has, while each leaves them as they were."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_SETTLED = 0.05
"""Seconds after which a change can't have the time of the one before it: file systems take the time of the kernel's
last tick, at most 10 ms ago (time(7), "The software clock, HZ, and jiffies"). By our clock: theirs may be that of
another machine, and late."""
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
    _seen: dict[str, tuple[int, float]] = field(default_factory=dict)
    """Such a time, and when we first saw it: until it has settled, a change may not show in it."""

    def lend(self) -> Path:
        return self._free.pop() if self._free else self.make()

    def take(self, lent: Path, now: float) -> None:
        """A step is done with it, `now` (Clock.monotonic). It is lent again if it was left as it was."""
        is_clean = self._holds(f"{lent}", self.inside, now)
        is_clean = is_clean and all(self._holds(f"{lent}/{name}", (), now) for name in self.inside)
        (self._free.append if is_clean else self.discard)(lent)

    def _holds(self, folder: str, names: Sequence[str], now: float) -> bool:
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
        self._learn(folder, found.st_ctime_ns, now)
        return True

    def _learn(self, folder: str, changed: int, now: float) -> None:
        """That it is as it should be, `now`."""
        before, since = self._seen.get(folder, (0, 0.0))
        if before != changed:
            self._seen[folder] = (changed, now)
        elif now - since > _SETTLED and changed % _SECOND:  # a whole second: a file system that knows no less
            self._known[folder] = changed
