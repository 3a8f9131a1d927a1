"""The source of a package as it lies in a folder."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

LEFT_OUT = frozenset({
    ".git", ".ecluse", ".venv", "venv", ".tox", ".nox", "node_modules", "__pycache__", ".mypy_cache", ".pytest_cache",
    ".ruff_cache", ".hg", "ecluse.toml",
})  # fmt: skip
"""Never part of a package's source; a working tree may hold gigabytes of them. Without the manifest a package is the
same before and after `init` wrote it."""


def tree_key(tree: Path) -> str:
    """A hash of every path, mode and content below `tree`."""
    whole = hashlib.sha256()
    for path in _files(tree):
        name = path.relative_to(tree).as_posix()
        if path.is_symlink():
            whole.update(os.fsencode(f"link {name}\0{path.readlink()}\0"))
            continue
        executable = os.access(path, os.X_OK)
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        whole.update(os.fsencode(f"{'program' if executable else 'file'} {name}\0{content}\0"))
    return whole.hexdigest()


def copy_tree(tree: Path, folder: Path) -> None:
    """Copy the source to `folder`, which isn't there yet: builds write into what they build from."""
    shutil.copytree(tree, folder, symlinks=True, ignore=lambda _, names: LEFT_OUT.intersection(names))


def _files(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.name in LEFT_OUT:
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _files(entry)
        elif entry.is_file() or entry.is_symlink():
            yield entry
