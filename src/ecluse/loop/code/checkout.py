"""A clean checkout of a commit, and the trees that are made from it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ecluse.loop.code.globs import chosen
from ecluse.loop.code.trees import copy_any, copy_files, list_files
from ecluse.model.ids import Commit
from ecluse.ports.source import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A tree as the commit says. `files` is what was checked out: what is added to the folder later isn't in it."""

    commit: Commit
    dirty: bool
    folder: Path
    files: tuple[str, ...]


async def check_out(source: Source, commit: Commit, folder: Path, *, dirty: bool) -> Checkout:
    """Write the commit's tree, or the working tree when `dirty`, into `folder`, which is made."""
    await asyncio.to_thread(folder.mkdir, parents=True)
    if dirty:
        await source.checkout_working(folder)
    else:
        await source.checkout(commit, folder)
    files = await asyncio.to_thread(list_files, folder)
    return Checkout(commit=commit, dirty=dirty, folder=folder, files=files)


def compose(checkout: Checkout, inputs: Iterable[str] | None, given: Iterable[Path], folder: Path) -> None:
    """Make a step's own tree: its inputs at the commit, and what other steps gave out. `folder` is made unless it is
    there, empty."""
    folder.mkdir(exist_ok=True)
    copy_files(checkout.folder, chosen(checkout.files, inputs), folder)
    for outputs in given:
        copy_any(outputs, folder)
