"""The gate: each scanner that has something to look at, and one answer."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import UTC
from functools import partial
from pathlib import PurePosixPath

from ecluse.loop.security import bundled as packages
from ecluse.loop.security import programs, secrets
from ecluse.loop.security.baseline import decoded, read
from ecluse.loop.security.bundled import Bundled
from ecluse.loop.security.ground import Ground
from ecluse.loop.security.judging import Judgement, judge
from ecluse.loop.security.looking import looked_at, uncovered
from ecluse.loop.security.readers.reading import UnreadableError
from ecluse.loop.security.tools import TOOLS
from ecluse.model.finding import Scan, Unchecked
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.security import Scanner

LISTS = ("uv.lock", "pylock.toml", "poetry.lock", "pdm.lock", "Pipfile.lock", "requirements.txt", "pyproject.toml",
         "setup.py", "setup.cfg")  # fmt: skip
"""Where a package is named, the most exact first."""


async def gate(ground: Ground) -> Judgement:
    """A baseline that can't be read is a ProblemError: nothing would be accepted, or too much."""
    policy = ground.policy
    text = await asyncio.to_thread(_baseline, ground)
    accepted = read(text, policy.baseline) if text else ()
    wanted = {scanner: await asyncio.to_thread(looked_at, scanner, ground.files, ground.text, policy)
              for scanner in policy.scanners or Scanner}  # fmt: skip
    at_once = asyncio.Semaphore(os.cpu_count() or 1)
    together = Bundled(ground)
    scans = await asyncio.gather(
        *(_alone(scanner, paths, ground, together, at_once) for scanner, paths in wanted.items() if paths)
    )
    absent = [scanner for scanner, paths in wanted.items() if not paths] if policy.scanners else []
    notes = (*(f"{scanner}: the commit has nothing of the kind" for scanner in absent), *uncovered(ground.files))
    return judge(scans, policy, accepted, ground.world.clock.now().astimezone(UTC).date(), notes)


async def _alone(
    scanner: Scanner, paths: tuple[str, ...], ground: Ground, together: Bundled, at_once: asyncio.Semaphore
) -> Scan:
    """A scanner that can't look is not checked; the others look all the same."""
    own = replace(ground, scratch=ground.scratch / scanner)
    own.scratch.mkdir()
    async with at_once:
        clock = ground.world.clock
        began = clock.monotonic()
        try:
            scan = await _work(scanner, paths, own, together)()
        except UnreadableError as error:
            scan = _failed(scanner, f"{TOOLS[scanner]}: {error}")
        except ProblemError as error:
            scan = _failed(scanner, *map(_said, error.problems))
        ground.world.reporter.line("security", f"{scanner}: looked at {scan.looked:,}")
        return replace(scan, seconds=clock.monotonic() - began)


def _work(scanner: Scanner, paths: tuple[str, ...], ground: Ground, together: Bundled) -> Callable[[], Awaitable[Scan]]:
    match scanner:
        case Scanner.SECRETS:
            return partial(secrets.scan, paths, ground)
        case Scanner.DEPENDENCIES:
            return partial(packages.vulnerable, together, ground.world.advisories(ground.policy))
        case Scanner.LICENCES:
            return partial(packages.under_licences, together)
        case _:
            return partial(programs.scan, scanner, paths, ground)


def _failed(scanner: Scanner, *why: str) -> Scan:
    return Scan(scanner=scanner, unchecked=(Unchecked(scanner=scanner, why="; ".join(why)),))


def _said(problem: Problem) -> str:
    return ": ".join([str(problem), *problem.evidence[-1:]])


def _baseline(ground: Ground) -> str:
    file = ground.checkout.folder / ground.policy.baseline
    return decoded(file.read_bytes(), ground.policy.baseline) if file.is_file() else ""


def listed_in(files: Iterable[str]) -> str:
    """The file of the tree that names the packages."""
    there = {PurePosixPath(path).name: path for path in sorted(files, key=lambda path: -path.count("/"))}
    return next((there[name] for name in LISTS if name in there), "ecluse.toml")
