"""A lock as we keep it: what is installed, from which files, with their hashes. Pure.

The resolver writes the standard form (pylock.toml, PEP 751), made for one Python on one platform; the files that an
older lock doesn't vouch for are dropped from it here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.values import frozen

if TYPE_CHECKING:
    from packaging.tags import Tag


@frozen
class Remote:
    """One file of an index, or of the tree: then `url` is its path from there. `sha256` is empty where the index names
    none: then the first download decides."""

    url: str
    sha256: str = ""

    @property
    def name(self) -> str:
        return unquote(urlsplit(self.url).path.rsplit("/", 1)[-1])


@frozen
class Package:
    """`folder` is a path below the tree for a package that lies there, `repository` and `revision` for one in git."""

    name: str
    version: str = ""
    wheels: tuple[Remote, ...] = ()
    sdist: Remote | None = None
    folder: str = ""
    repository: str = ""
    revision: str = ""
    subfolder: str = ""


Lock = tuple[Package, ...]
Vouched = Mapping[str, frozenset[str]]
"""SHA-256 hashes that an existing lock allows, by canonical name."""


def read_pylock(text: str, folder: str) -> Lock:
    """`folder` is where the text lies: its relative paths count from there."""
    return tuple(_package(entry, folder) for entry in tomllib.loads(text).get("packages", ()))


def vouched_for(lock: Lock, vouched: Vouched) -> Lock:
    """The lock without the files that `vouched` doesn't list. A package of which none is left: ProblemError B011."""
    kept = tuple(_kept(package, vouched[package.name]) if package.name in vouched else package for package in lock)
    foreign = [package for package in kept if package.name in vouched and not package.wheels and not package.sdist]
    if foreign:
        raise ProblemError(*(_foreign(package) for package in foreign))
    return kept


def to_json(lock: Lock) -> list[dict[str, Any]]:
    return [asdict(package) for package in lock]


def from_json(data: Sequence[Mapping[str, Any]]) -> Lock:
    return tuple(_from_json(entry) for entry in data)


def best_wheel(package: Package, tags: Sequence[Tag]) -> Remote | None:
    """The wheel that the interpreter prefers; None when it has to be built."""
    ranks = {tag: rank for rank, tag in enumerate(tags)}
    fitting = [(rank, wheel.name, wheel) for wheel in package.wheels if (rank := _rank(wheel, ranks)) is not None]
    return min(fitting)[2] if fitting else None


def _rank(wheel: Remote, ranks: Mapping[Tag, int]) -> int | None:
    try:
        *_, tags = parse_wheel_filename(wheel.name)
    except InvalidWheelFilename:
        return None
    return min((ranks[tag] for tag in tags if tag in ranks), default=None)


def _package(entry: Mapping[str, Any], base: str) -> Package:
    vcs, folder, archive = entry.get("vcs", {}), entry.get("directory", {}), entry.get("archive")
    remotes = [_remote(wheel, base) for wheel in entry.get("wheels", ())]
    sdist = _remote(entry["sdist"], base) if "sdist" in entry else None
    if archive:
        remote = _remote(archive, base)
        remotes, sdist = ([remote], None) if remote.name.endswith(".whl") else ([], remote)
    return Package(
        name=str(canonicalize_name(entry["name"])),
        version=entry.get("version", ""),
        wheels=tuple(remotes),
        sdist=sdist,
        folder=f"{base}/{folder['path']}" if folder else "",
        repository=vcs.get("url", ""),
        revision=vcs.get("commit-id", ""),
        subfolder=vcs.get("subdirectory", "") or folder.get("subdirectory", ""),
    )


def _remote(entry: Mapping[str, Any], base: str) -> Remote:
    return Remote(
        url=entry.get("url") or str(PurePosixPath(base, entry["path"])),
        sha256=entry.get("hashes", {}).get("sha256", ""),
    )


def _from_json(entry: Mapping[str, Any]) -> Package:
    wheels = tuple(Remote(**wheel) for wheel in entry["wheels"])
    return Package(**{**entry, "wheels": wheels, "sdist": Remote(**entry["sdist"]) if entry["sdist"] else None})


def _kept(package: Package, hashes: frozenset[str]) -> Package:
    sdist = package.sdist if package.sdist and package.sdist.sha256 in hashes else None
    wheels = tuple(wheel for wheel in package.wheels if wheel.sha256 in hashes)
    return replace(package, wheels=wheels, sdist=sdist)


def _foreign(package: Package) -> Problem:
    offered = [file.sha256 for file in (*package.wheels, package.sdist) if file]
    return Problem(
        code="B011",
        what=f"the index has other files for {package.name} {package.version} than the lock vouches for",
        evidence=tuple(f"offered: sha256:{digest}" for digest in offered),
        state="nothing was installed",
        fix="lock again with the tool that wrote the lock, or look why the index changed",
        exit=Exit.REFUSED,
    )
