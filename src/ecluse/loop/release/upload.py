"""Sending to an index what it lacks, by digest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from packaging.utils import parse_sdist_filename, parse_wheel_filename

from ecluse.loop.release.boundaries import boundary
from ecluse.loop.release.store import Shelf
from ecluse.model.ids import Digest
from ecluse.model.intent import Intent, Kind, ReleaseFile
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.ports.index import PackageIndex
from ecluse.ports.world import World

SHOWN_WITHIN, EVERY = 120.0, 3.0
"""Seconds. Some indexes write their pages a while after they have answered."""


async def upload(intent: Intent, index: PackageIndex, shelf: Shelf, folder: Path, world: World) -> tuple[str, ...]:
    """The names of what was sent now, and is there. What the index has stays; another file of that name: ProblemError
    R013. What it took and doesn't show: ProblemError R023."""
    sent = []
    for file in await missing(intent, index):
        path = await shelf.fetch(file, folder)
        with boundary("upload", world):
            await _sent(file, path, intent, index)
        world.reporter.line("release", f"sent {file.name}")
        sent.append(file.name)
    if sent:
        await _shown(intent, index, world)
    return tuple(sent)


async def missing(intent: Intent, index: PackageIndex) -> tuple[ReleaseFile, ...]:
    there: dict[str, Digest] = {}
    for project in dict.fromkeys(map(project_of, intent.distributions)):
        there |= await index.files(project)
    _require_same(intent, there)
    return tuple(file for file in intent.distributions if file.name not in there)


async def require_same(intent: Intent, index: PackageIndex) -> None:
    """Asked before anything is tagged: ProblemError R013."""
    await missing(intent, index)


async def _sent(file: ReleaseFile, path: Path, intent: Intent, index: PackageIndex) -> None:
    """An answer may be lost, and somebody else may send the same: what the index has decides."""
    try:
        await index.upload(path)
    except ProblemError as error:
        try:
            left = await missing(intent, index)
        except ProblemError as other:
            if any(problem.code == "R013" for problem in other.problems):
                raise
            raise error from None
        if file in left:
            raise


async def _shown(intent: Intent, index: PackageIndex, world: World) -> None:
    """A door that answers 200 to everything is no index."""
    until = world.clock.monotonic() + SHOWN_WITHIN
    while left := await missing(intent, index):
        if world.clock.monotonic() >= until:
            raise ProblemError(_not_shown(left))
        await world.clock.sleep(EVERY)


def _require_same(intent: Intent, there: Mapping[str, Digest]) -> None:
    differing = [file for file in intent.distributions if there.get(file.name, file.digest) != file.digest]
    if differing:
        raise ProblemError(_other_bytes(differing, there))


def project_of(file: ReleaseFile) -> str:
    """Its normalized name."""
    parse = parse_sdist_filename if file.kind is Kind.SDIST else parse_wheel_filename
    return str(parse(file.name)[0])


def _other_bytes(files: Iterable[ReleaseFile], there: Mapping[str, Digest]) -> Problem:
    files = tuple(files)
    return Problem(
        code="R013",
        what=f"the package index has {files[0].name} with other bytes",
        evidence=tuple(f"{file.name}: there {there[file.name]}, here {file.digest}" for file in files),
        state="nothing was sent over it: what people have installed stays what it is",
        fix="find out who published it; then release the next version (any commit)",
        exit=Exit.NEEDS_PERSON,
    )


def _not_shown(files: Iterable[ReleaseFile]) -> Problem:
    names = tuple(file.name for file in files)
    return Problem(
        code="R023",
        what=f"the package index took {names[0]} and doesn't show it",
        evidence=tuple(f"{name}: not there after {SHOWN_WITHIN:.0f} s" for name in names),
        state="the tag is pushed; whether anybody can install the release isn't known",
        fix="look whether `simple` and `upload` of [release.index] are the same index; then `ecluse release` goes on "
        "with what isn't there",
        exit=Exit.UNREACHABLE,
    )
