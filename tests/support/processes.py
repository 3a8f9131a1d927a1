"""Processes as anybody may see them in /proc, where each may end while it is looked at (proc(5))."""

import glob
import os
from pathlib import Path


def holders(path: Path) -> set[int]:
    """Those that have `path` open, as this namespace numbers them, whatever namespace they live in."""
    found = set()
    for link in glob.iglob("/proc/[0-9]*/fd/*"):  # noqa: PTH207 pathlib's raises when a folder goes meanwhile
        try:
            if os.readlink(link) == str(path):  # noqa: PTH115
                found.add(int(link.split("/")[2]))
        except OSError:
            continue
    return found
