"""What an app writes into the tree of its own release, where it is lost with the release: found, so that it is said.

Releases are read-only, but not for root. Data belongs to `[app] state`.
"""

import asyncio
import itertools
import os
import stat
from typing import Dict, Iterator, List, Sequence, Tuple

from ecluse.keeper.places import Home
from ecluse.keeper.slots import Slot

PASSING = ("__pycache__", ".pytest_cache", ".cache")
"""Folders that hold nothing worth keeping."""
MOST = 3
"""So many paths are named."""


def written(tree: str, since: float) -> List[str]:
    """Files in `tree` that were made or changed after `since` (seconds since the epoch), `MOST` and one at most.

    What a release brings is read-only and older. Links aren't followed: the app's state is behind one.
    """
    return list(itertools.islice(_written(tree, since), MOST + 1))


def _written(tree: str, since: float) -> Iterator[str]:
    for parent, folders, files in os.walk(tree):
        folders[:] = sorted(name for name in folders if name not in PASSING)
        for name in sorted(files):
            path = os.path.join(parent, name)
            if _is_newer(path, since):
                yield os.path.relpath(path, tree)


def _is_newer(path: str, since: float) -> bool:
    try:
        seen = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISREG(seen.st_mode) and (seen.st_mtime > since or bool(seen.st_mode & stat.S_IWUSR))


class Writes:
    """What was found in the releases that run; looked at again and again, because an app may write at any time."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._found: Dict[str, Tuple[str, List[str]]] = {}

    async def look(self, slots: Sequence[Slot]) -> None:
        """Reads some thousand files, in a thread of its own."""
        running = {slot.release: str((slot.running or {})["release"]["version"]) for slot in slots if slot.running}
        found = await asyncio.to_thread(lambda: {release: self._of(release) for release in running})
        self._found = {release: (running[release], paths) for release, paths in found.items() if paths}

    def _of(self, release: str) -> List[str]:
        folder = self._home.release(release)
        try:
            made = os.stat(os.path.join(folder, "release.json")).st_mtime
        except OSError:
            return []
        return written(os.path.join(folder, "tree"), made)

    def warnings(self) -> List[str]:
        return [
            "%s writes into its own tree, where it is lost with the release: %s; declare it: [app] state"
            % (version, ", ".join(paths[:MOST]) + (", …" if len(paths) > MOST else ""))
            for version, paths in self._found.values()
        ]
