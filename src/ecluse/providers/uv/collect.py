"""From a lock to wheels in the content store: what is known isn't fetched again, what has no wheel is built once."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from ecluse.model.artifact import Wheel
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.values import frozen
from ecluse.ports.python import UnbuiltError
from ecluse.providers.uv.building import Builder, Source
from ecluse.providers.uv.download import Downloader, Downloads
from ecluse.providers.uv.interpreters import Found
from ecluse.providers.uv.limits import Limits
from ecluse.providers.uv.lock import Lock, Package, Remote, best_wheel
from ecluse.providers.uv.platforms import tags_of
from ecluse.providers.uv.program import Say
from ecluse.providers.uv.trees import tree_key

AT_ONCE = 8

Result = TypeVar("Result")


@frozen
class Collecting:
    """What holds for all wheels of one call."""

    python: Found
    tree: Path
    limits: Limits


class Collector:
    def __init__(self, downloads: Downloads, builder: Builder) -> None:
        self._downloads, self._builder = downloads, builder

    async def collect(self, lock: Lock, how: Collecting, say: Say) -> tuple[Wheel, ...]:
        """A wheel in the store for each package of the lock, sorted by name. The tree itself is left out."""
        tags, gate = tags_of(how.python), asyncio.Semaphore(AT_ONCE)
        async with self._downloads.open() as downloader:

            async def one(package: Package) -> Wheel:
                async with gate:
                    if (remote := best_wheel(package, tags)) is not None:
                        return Wheel(name=remote.name, digest=await downloader.fetch(_there(remote, how)))
                    return await self._built(package, how, downloader, say)

            wheels = await together(one(package) for package in lock if package.folder != ".")
        return tuple(sorted(wheels, key=lambda wheel: wheel.name))

    async def _built(self, package: Package, how: Collecting, downloader: Downloader, say: Say) -> Wheel:
        source = await _source(package, how, downloader)
        return await self._builder.wheel(source, how.python, how.limits, say)


async def together(work: Iterable[Coroutine[Any, Any, Result]]) -> tuple[Result, ...]:
    """All results; of several failures every Problem."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in work]
    except BaseExceptionGroup as failures:  # not `except*`: Python 3.11.2, Debian 12's, wraps what is raised in there
        if any(not isinstance(failure, ProblemError) for failure in failures.exceptions):
            raise
        raise _as_one(failures.exceptions) from None
    return tuple(task.result() for task in tasks)


def _as_one(failures: Sequence[BaseException]) -> ProblemError:
    problems = [problem for failure in failures for problem in _problems(failure)]
    unbuilt = [failure for failure in failures if isinstance(failure, UnbuiltError)]
    if len(unbuilt) < len(failures):
        return ProblemError(*problems)
    packages = tuple(name for failure in unbuilt for name in failure.packages)
    return UnbuiltError(*problems, packages=packages, lacking=next((one.lacking for one in unbuilt if one.lacking), ""))


def _problems(failure: BaseException) -> tuple[Problem, ...]:
    return failure.problems if isinstance(failure, ProblemError) else ()


def _there(remote: Remote, how: Collecting) -> Remote:
    """An archive that lies in the tree is named by its path from there."""
    return remote if urlsplit(remote.url).scheme else replace(remote, url=str(how.tree / remote.url))


async def _source(package: Package, how: Collecting, downloader: Downloader) -> Source:
    if package.sdist is not None:
        digest = await downloader.fetch(_there(package.sdist, how))
        return Source(name=package.name, archive=package.sdist.name, key=digest)
    if package.folder:
        folder = how.tree / package.folder
        return Source(name=package.name, folder=folder, key=await asyncio.to_thread(tree_key, folder))
    return Source(
        name=package.name,
        repository=package.repository,
        revision=package.revision,
        subfolder=package.subfolder,
        key=f"{package.repository}@{package.revision}#{package.subfolder}",
    )
