"""Files that steps name in the manifest and that the commit hasn't got."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ecluse.manifest.find import OWN, SHARED, Found, find_any, in_tree
from ecluse.model.app import Step
from ecluse.model.ids import Commit
from ecluse.model.problem import Place, Problem, ProblemError
from ecluse.model.suggestion import suggest
from ecluse.ports.source import Entry
from ecluse.ports.world import World

if TYPE_CHECKING:
    from ecluse.manifest.fault import KeyPath

WILD = frozenset("*?")


async def require_files(
    steps: Sequence[Step], world: World, commit: Commit, entries: Iterable[Entry] | None
) -> None:  # fmt: skip
    """`entries` are those of the commit, None where the working tree counts. ProblemError E062 for each file that is
    named and isn't there: a glob says "if there is one", a plain path doesn't. A mistyped one would pass for an empty
    tree otherwise."""
    named = [one for step in steps for one in _named(step)]
    if not named:
        return
    there = await world.source.working_files() if entries is None else [entry.path for entry in entries]
    known = _with_folders(there)
    missing = [(key, path) for key, path in named if path not in known]
    if missing:
        found = await manifest_at(world, commit)
        raise ProblemError(*(_missing(key, path, known, found) for key, path in missing))


async def manifest_at(world: World, commit: Commit) -> Found | None:
    """The manifest of the commit, or of the working tree where that has none."""
    own, shared = [await world.source.read(commit, name) for name in (OWN, SHARED)]
    return in_tree(world.root, own, shared) or await asyncio.to_thread(find_any, world.root)


def place_of(found: Found | None, key: KeyPath) -> Place | None:
    """Where a value stands in the manifest."""
    if found is None:
        return None
    from ecluse.manifest.document import text_of  # noqa: PLC0415  only what is wrong has a place
    from ecluse.manifest.positions import positions  # noqa: PLC0415

    line, column = positions(text_of(found)).of((*found.table, *key))
    return Place(file=found.path.name, line=line, column=column)


def _named(step: Step) -> Iterator[tuple[KeyPath, str]]:
    """What a step names that has to be in the commit, and where it does so."""
    at = ("steps", step.of or step.name)
    if step.playbook:
        yield (*at, "playbook"), _plain(step.playbook)
    for index, glob in enumerate(step.inputs or ()):
        if not WILD & set(glob):
            yield (*at, "inputs", index), _plain(glob)


def _plain(path: str) -> str:
    return str(PurePosixPath(path))


def _with_folders(paths: Iterable[str]) -> set[str]:
    known = {"."}
    for path in paths:
        above = path
        while above and above not in known:
            known.add(above)
            above = above.rpartition("/")[0]
    return known


def _missing(key: KeyPath, path: str, known: set[str], found: Found | None) -> Problem:
    return Problem(
        code="E062",
        what=f"the step {key[1]!r} names {path!r}, and the commit has no such file or folder",
        where=place_of(found, key),
        state="nothing was run",
        fix=suggest(path, known) or "commit it, or write a glob if it may be missing",
    )
