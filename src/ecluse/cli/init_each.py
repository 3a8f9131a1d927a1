"""`ecluse init` in a repository with several apps: a manifest for each, and one that names them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ecluse import assembly
from ecluse.cli.ports import free_port, kept_port
from ecluse.loop.plan.init import Found, Request, initialise
from ecluse.manifest.find import OWN, find_any
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.values import frozen


@frozen
class Parts:
    """The apps' `folders` below `root`. `force` replaces manifests that are there."""

    root: Path
    folders: tuple[str, ...]
    request: Request
    force: bool
    write: bool

    @property
    def path(self) -> Path:
        return self.root / OWN


@frozen
class Part:
    """What became of one. Neither `found` nor `problems`: it has a manifest already."""

    name: str
    path: Path
    found: Found | None = None
    problems: tuple[Problem, ...] = ()


async def read_and_try(root: Path, request: Request) -> Found:
    async with assembly.undeclared(root) as world:
        return await initialise(world, request)


def keep(found: Found, path: Path) -> None:
    """Write the manifest, behind the files that it names."""
    for name, text in {**found.lists, path.name: found.text}.items():
        assembly.save(path.parent / name, text)


async def init_each(parts: Parts) -> tuple[Part, ...]:
    """One after the other, each for itself: one that doesn't answer doesn't hold back the others. Then what names
    those that have a manifest."""
    told: list[Part] = []
    taken: frozenset[int] = frozenset()
    for name, folder in named(parts.folders):
        part = await init_part(parts, name, folder, taken)
        told.append(part)
        taken |= {place.port for place in part.found.proposal.app.environments if place.port} if part.found else set()
    good = [(part.name, folder) for part, folder in zip(told, parts.folders, strict=True) if not part.problems]
    if parts.write and good:
        assembly.save(parts.path, index(good))
    return tuple(told)


async def init_part(parts: Parts, name: str, folder: str, taken: frozenset[int]) -> Part:
    at = parts.root / folder
    part = Part(name=name, path=at / OWN)
    if find_any(at) is not None and not parts.force:
        return part
    request = replace(parts.request, as_one=True, port=lambda: kept_port(at) or free_port(taken=taken))
    try:
        found = await read_and_try(at, request)
    except ProblemError as error:
        return replace(part, problems=error.problems)
    if parts.write:
        keep(found, part.path)
    return replace(part, found=found)


def named(folders: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Each folder with the app's name: its last part, or all of it where two end alike."""
    last = [folder.rpartition("/")[2] for folder in folders]
    for folder, short in zip(folders, last, strict=True):
        yield re.sub(r"[^a-z0-9_-]+", "-", (folder if last.count(short) > 1 else short).lower()).strip("-_"), folder


def index(apps: list[tuple[str, str]]) -> str:
    return "# Each app has a manifest of its own, in its folder.\n" + "".join(
        f'\n[apps.{name}]\nfolder = "{folder}"\n' for name, folder in apps
    )
