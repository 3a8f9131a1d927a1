"""What an app wrote into its own tree while it was tried: that is its state."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

Seen = Mapping[str, tuple[int, int]]
"""Path to size and time of change (ns) of each file; folders are there too."""

PASSING = ("__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".git", ".egg-info", ".cache", ".ecluse")
"""Folders that hold nothing worth keeping."""
JOURNALS = ("-journal", "-wal", "-shm")
"""Files that SQLite keeps beside a database while it is open (sqlite.org/tempfiles.html)."""


def make_room(tree: Path, state: Iterable[str]) -> None:
    """The folders that a release would bring for its state, so that what is tried finds what a release finds."""
    for path in state:
        folder = tree / path if path.endswith("/") else (tree / path).parent
        folder.mkdir(parents=True, exist_ok=True)


def look(tree: Path) -> Seen:
    """Every file and folder below `tree`, links not followed. A folder ends in a slash, and never changes."""
    found: dict[str, tuple[int, int]] = {}
    for parent, folders, files in os.walk(tree):
        folders[:] = [name for name in folders if not name.endswith(PASSING)]
        here = Path(parent).relative_to(tree)
        found |= {f"{here / name}/": (0, 0) for name in folders}
        for name in files:
            said = Path(parent, name).lstat()
            found[str(here / name)] = (said.st_size, said.st_mtime_ns)
    return found


def state_of(before: Seen, after: Seen, expected: Iterable[str] = ()) -> tuple[str, ...]:
    """Paths that are data: a new folder as a whole, even an empty one; a file where its folder was there before. Pure.

    `expected` are outputs that are no state, such as collected static files.
    """
    changed = [path for path, seen in after.items() if before.get(path) != seen and is_data(path)]
    found = {owner(path, before) for path in changed}
    return outermost(path for path in found if not path.startswith(tuple(expected) or ("\0",)))


def outermost(paths: Iterable[str]) -> tuple[str, ...]:
    """Sorted, each once, without what lies in a folder that is listed too. Pure."""
    every = set(paths)
    return tuple(sorted(path for path in every if every.isdisjoint(above(path))))


def above(path: str) -> Iterator[str]:
    """The folders in which a path lies, the outermost first, each with a slash."""
    return (f"{parent}/" for parent in list(reversed(PurePosixPath(path).parents))[1:])


def is_data(path: str) -> bool:
    return not path.endswith((".pyc", ".pid", *JOURNALS))


def owner(path: str, known: Seen) -> str:
    """The outermost folder of `path` that is new; the path itself when none is."""
    return next((folder for folder in above(path) if folder not in known), path)
