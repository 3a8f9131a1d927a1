"""What the processes print, on all hosts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from ecluse.loop.deploy.fleet import Fleet
from ecluse.model.app import App
from ecluse.model.ids import HostName
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.suggestion import suggest
from ecluse.ports.target import LogLine


async def logs(
    app: App, fleet: Fleet, *, follow: bool, process: str | None, lines: int
) -> AsyncIterator[tuple[HostName, LogLine]]:
    """Each host's last lines in the order of their time; then, when following, what comes from any host. ProblemError
    D036 for a process that neither printed anything nor is known."""
    last = [
        (host, line)
        for host, target in fleet.targets.items()
        async for line in target.logs(follow=False, process=process, lines=lines)
    ]
    if process and not last:
        _require_known(process, await _names(app, fleet))
    for host, line in sorted(last, key=lambda one: one[1].at):
        yield host, line
    if follow:
        async for found in _together(fleet, process):
            yield found


async def _names(app: App, fleet: Fleet) -> list[str]:
    """What the manifest declares, and what runs of a release that had another one."""
    seen = (await fleet.observe()).hosts.values()
    running = [process.name for one in seen for slot in one.slots for process in slot.processes]
    kept = [service.name for one in seen for service in one.services]
    return list(dict.fromkeys([*(process.name for process in app.processes), *running, *kept]))


def _require_known(process: str, names: list[str]) -> None:
    if process not in names:
        near = suggest(process, names)
        raise ProblemError(
            Problem(
                code="D036", what=f"there is no process or service '{process}'",
                fix=f"{near + ' ' if near else ''}choose one of: {', '.join(names)}",
            )
        )  # fmt: skip


async def _together(fleet: Fleet, process: str | None) -> AsyncIterator[tuple[HostName, LogLine]]:
    queue: asyncio.Queue[tuple[HostName, LogLine]] = asyncio.Queue()

    async def listen(host: HostName) -> None:
        async for line in fleet.targets[host].logs(follow=True, process=process, lines=0):
            await queue.put((host, line))

    listening = [asyncio.create_task(listen(host)) for host in fleet.targets]
    try:
        while not all(task.done() for task in listening) or not queue.empty():
            with suppress(asyncio.TimeoutError):
                yield await asyncio.wait_for(queue.get(), 0.2)
        for task in listening:
            task.result()
    finally:
        for task in listening:
            task.cancel()
