"""A clean checkout of a commit, and the trees that are made from it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath
from stat import S_ISREG

from ecluse.loop.code.globs import chosen
from ecluse.loop.code.trees import copy_any, copy_files, list_files
from ecluse.model.app import Build
from ecluse.model.ids import Commit
from ecluse.model.values import frozen
from ecluse.ports.source import Source

LARGEST = 4 << 20
"""Bytes of a file that is read for what it says."""
HEAD = Commit("HEAD")
LOCK = "uv.lock"
METADATA = ("pyproject.toml", "Pipfile", "setup.py", "*requirements*.txt", "requirements/*.txt")


@frozen
class Checkout:
    """A tree as the commit says. `files` is what was checked out: what is added to the folder later isn't in it."""

    commit: Commit
    dirty: bool
    folder: Path
    files: tuple[str, ...]
    around: Path | None = None
    """The whole repository, where the app is a folder of it (`place`) that needs others of its folders."""
    place: str = "."

    def sources(self, build: Build) -> tuple[Path, Build]:
        """The tree in which everything lies that `build` needs, and the build as it looks from there."""
        if self.around is None:
            return self.folder, build
        return self.around, replace(build, project=str(PurePosixPath(self.place) / build.project))


async def check_out(source: Source, commit: Commit, folder: Path, *, dirty: bool) -> Checkout:
    """Write the commit's tree, or the working tree when `dirty`, into `folder`, which is made."""
    await _write(source, commit, folder, dirty=dirty)
    files = await asyncio.to_thread(list_files, folder)
    checkout = Checkout(commit=commit, dirty=dirty, folder=folder, files=files)
    whole, place = await source.around()
    if place == "." or not await reaches_out(folder, whole, HEAD if dirty else commit):
        return checkout
    around = folder.with_name(f"{folder.name}-around")
    await _write(whole, commit, around, dirty=dirty)
    return replace(checkout, around=around, place=place)


async def _write(source: Source, commit: Commit, folder: Path, *, dirty: bool) -> None:
    await asyncio.to_thread(folder.mkdir, parents=True)
    if dirty:
        await source.checkout_working(folder)
    else:
        await source.checkout(commit, folder)


async def reaches_out(folder: Path, whole: Source, commit: Commit) -> bool:
    """Whether what an app's folder says it needs lies elsewhere in the repository: packages, or a workspace's lock."""
    if await asyncio.to_thread(_names_others, folder):
        return True
    is_member = (folder / "pyproject.toml").exists() and not (folder / LOCK).exists()
    return is_member and await whole.read(commit, LOCK) is not None


def _names_others(folder: Path) -> bool:
    paths = (path for pattern in METADATA for path in folder.glob(pattern))
    texts = (path.read_text(encoding="utf-8", errors="replace") for path in paths if path.is_file())
    return any("../" in text for text in texts)


def compose(checkout: Checkout, inputs: Iterable[str] | None, given: Iterable[Path], folder: Path) -> None:
    """Fill a step's own tree, which is there, empty: its inputs at the commit, and what other steps gave out."""
    copy_files(checkout.folder, chosen(checkout.files, inputs), folder)
    for outputs in given:
        copy_any(outputs, folder)


def reader(folder: Path) -> Callable[[str], str | None]:
    """Text of files below `folder`, each read once; None for what is missing, not text, a link, or larger than anybody
    writes by hand or locks."""
    known: dict[str, str | None] = {}

    def read(path: str) -> str | None:
        if path not in known:
            known[path] = text(f"{folder}/{path}")
        return known[path]

    return read


def text(path: str) -> str | None:
    """By plain functions: a repository has many thousand files, and Path takes as long as the reading."""
    try:
        status = os.lstat(path)
        if not S_ISREG(status.st_mode) or status.st_size > LARGEST:
            return None
        with open(path, encoding="utf-8") as file:  # noqa: PTH123
            return file.read()
    except (OSError, UnicodeDecodeError, ValueError):
        return None
