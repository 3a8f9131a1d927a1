"""What an app wrote into its own tree while it was tried: that is its state."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

Seen = Mapping[str, tuple[int, int]]
"""Path to size and time of change (ns) of each file."""

PASSING = ("__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".git", ".egg-info", ".cache", ".ecluse")
"""Folders that hold nothing worth keeping."""
JOURNALS = ("-journal", "-wal", "-shm")
"""Files that SQLite keeps beside a database while it is open (sqlite.org/tempfiles.html)."""


def look(tree: Path) -> Seen:
    """Every file below `tree`, links not followed."""
    found: dict[str, tuple[int, int]] = {}
    for parent, folders, files in os.walk(tree):
        folders[:] = [name for name in folders if not name.endswith(PASSING)]
        for name in files:
            path = Path(parent, name)
            said = path.lstat()
            found[str(path.relative_to(tree))] = (said.st_size, said.st_mtime_ns)
    return found


def state_of(before: Seen, after: Seen, expected: Iterable[str] = ()) -> tuple[str, ...]:
    """Paths that are data: a new folder as a whole, a file where its folder was there before. Pure.

    `expected` are outputs that are no state, such as collected static files.
    """
    folders = {str(parent) for path in before for parent in PurePosixPath(path).parents}
    changed = [path for path, seen in after.items() if before.get(path) != seen and is_data(path)]
    found = {owner(path, folders) for path in changed}
    return tuple(sorted(path for path in found if not path.startswith(tuple(expected) or ("\0",))))


def is_data(path: str) -> bool:
    return not path.endswith((".pyc", ".pid", *JOURNALS))


def owner(path: str, known: set[str]) -> str:
    """The topmost folder of `path` that is new, with a slash; the file itself when none is."""
    above = [str(parent) for parent in reversed(PurePosixPath(path).parents)]
    new = next((folder for folder in above if folder not in known), None)
    return path if new is None or new == "." else f"{new}/"
