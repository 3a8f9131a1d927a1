"""The folder for everything that is kept, `.ecluse`."""

from __future__ import annotations

from pathlib import Path

from ecluse.system.files import disk_problems, write_atomically

RUNNING = "running"
"""In the home: notes on the steps that run."""


def prepare(home: Path) -> None:
    """The home ignores itself, so that no repository has to name it."""
    from ecluse.keeper import ballast  # noqa: PLC0415

    ignore = home / ".gitignore"
    if ignore.exists():
        ballast.load(str(home))
        return
    with disk_problems(home):
        home.mkdir(parents=True, exist_ok=True)
        write_atomically(ignore, "*\n")
