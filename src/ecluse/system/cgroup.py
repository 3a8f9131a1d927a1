"""A control group for all steps of a run (cgroups(7), version 2): the kernel ends whoever is left in it, at once."""

from __future__ import annotations

import errno
import os
import tempfile
import time
from pathlib import Path

_PATIENCE = 2.0
"""Seconds in which what was killed has left its group."""
_GONE = (errno.ENOENT, errno.ENODEV)
"""What the kernel says of a group that isn't there, and of a file in one that somebody removes this moment."""


def make() -> Path:
    """An empty group below our own. OSError where there is none that we may write, or a kernel before 5.14."""
    folder = Path(tempfile.mkdtemp(prefix="ecluse-", dir=_own()))
    if not (folder / "cgroup.kill").exists():
        folder.rmdir()
        raise OSError(errno.ENOTSUP, "this kernel can't end a control group")
    return folder


def join(folder: str) -> None:
    """We, and what we start from now on."""
    with open(os.path.join(folder, "cgroup.procs"), "w", encoding="ascii") as members:  # noqa: PTH118, PTH123
        members.write("0")


def leave(folder: str) -> None:
    """The last one in it goes back to the group above, and removes it."""
    join(os.path.dirname(folder))  # noqa: PTH120
    _remove(Path(folder))


def end(folder: Path) -> None:
    """Kill all that is in it, and remove it. Not there: nothing to do. Safe to repeat, and for two at once."""
    try:
        (folder / "cgroup.kill").write_text("1", encoding="ascii")
        _remove(folder)
    except OSError as error:
        if error.errno not in _GONE:
            raise


def _remove(folder: Path) -> None:
    """What was killed is still in the group for a moment."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return folder.rmdir()
        except OSError as error:
            if error.errno != errno.EBUSY or time.monotonic() > deadline:
                raise
        time.sleep(0.001)


def _own() -> Path:
    paths = [line[3:] for line in _lines("/proc/self/cgroup") if line.startswith("0::")]
    for line in _lines("/proc/self/mountinfo"):
        about, _, kind = line.partition(" - ")
        root, mounted = about.split()[3:5]
        if kind.startswith("cgroup2 ") and paths and not paths[0].startswith("/.."):
            within = paths[0].removeprefix(root if root != "/" else "").lstrip("/")
            return Path(mounted, within)
    raise FileNotFoundError(errno.ENOENT, "no control groups of version 2")


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8", errors="surrogateescape").splitlines()
