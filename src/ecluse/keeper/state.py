"""The app's own data: it lives outside every release, and each release's tree has links to it."""

import os
import shutil
from typing import Iterable

from ecluse.keeper.trees import inside


def link(state: str, tree: str, paths: Iterable[str]) -> None:
    """Put links to the data at `paths` (a folder ends in `/`) into a release's `tree`.

    What the first release brings at such a path becomes the data; what later ones bring there is dropped. A folder
    is created; a file without a first version isn't: its link leads to nothing until the app writes it, so that an
    app which asks whether its database exists gets the right answer. SQLite follows links, and puts its journal
    beside the file itself.
    """
    for path in paths:
        kept, seen = inside(state, path), inside(tree, path)
        os.makedirs(os.path.dirname(kept), exist_ok=True)
        if not os.path.lexists(kept):
            _seed(kept, seen, is_folder=path.endswith("/"))
        _clear(seen)
        os.makedirs(os.path.dirname(seen), exist_ok=True)
        os.symlink(kept, seen)


def _seed(kept: str, seen: str, *, is_folder: bool) -> None:
    """Whole or not at all: a copy that a crash cut short must not become the data."""
    fresh = kept + ".seed"
    _clear(fresh)
    if os.path.isdir(seen):
        shutil.copytree(seen, fresh, symlinks=True)
    elif os.path.exists(seen):
        shutil.copyfile(seen, fresh)
    elif is_folder:
        os.makedirs(fresh)
    else:
        return
    os.rename(fresh, kept)


def _clear(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)
