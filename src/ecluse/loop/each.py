"""One call for several hosts at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Generic, TypeVar

from ecluse.model.ids import HostName
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.values import frozen

T = TypeVar("T")


@frozen
class Outcomes(Generic[T]):
    """What came of a call on several hosts."""

    done: Mapping[HostName, T]
    failed: Mapping[HostName, ProblemError]

    @property
    def lost(self) -> dict[HostName, Problem]:
        """The first Problem of each host that failed."""
        return {host: error.problems[0] for host, error in self.failed.items()}


def worst(lost: Mapping[HostName, Problem]) -> Exit:
    """The exit code that says most of what was lost."""
    return max((problem.exit for problem in lost.values()), default=Exit.DONE)


async def on_each(hosts: Iterable[HostName], call: Callable[[HostName], Awaitable[T]]) -> Outcomes[T]:
    """Call for all hosts at once. Problems are kept by host; any other error is raised."""
    names = tuple(hosts)
    found = await asyncio.gather(*(call(host) for host in names), return_exceptions=True)
    done: dict[HostName, T] = {}
    failed: dict[HostName, ProblemError] = {}
    for host, result in zip(names, found, strict=True):
        if isinstance(result, ProblemError):
            failed[host] = result
        elif isinstance(result, BaseException):
            raise result
        else:
            done[host] = result
    return Outcomes(done=done, failed=failed)
