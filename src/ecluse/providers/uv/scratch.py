"""Where work in progress lies: below the home, so that what is finished can be moved or linked into place."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def scratch(home: Path, purpose: str) -> Iterator[Path]:
    """A folder that is gone afterwards. What a killed process left of its own is cleared by the next one."""
    folder = scratch_root(home)
    _clear_left(folder)
    with tempfile.TemporaryDirectory(dir=folder, prefix=f"{os.getpid()}-{purpose}-") as path:
        yield Path(path)


def scratch_root(home: Path) -> Path:
    folder = home / "tmp"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _clear_left(folder: Path) -> None:
    for left in folder.iterdir():
        owner = left.name.partition("-")[0]
        if owner.isdigit() and not _is_alive(int(owner)):
            shutil.rmtree(left, ignore_errors=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
