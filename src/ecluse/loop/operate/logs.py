"""What the processes print, on all hosts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from ecluse.loop.deploy.fleet import Fleet, Seen
from ecluse.loop.deploy.recall import find
from ecluse.model.app import App, Environment
from ecluse.model.history import State
from ecluse.model.ids import HostName
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.slot import Slot
from ecluse.model.suggestion import suggest
from ecluse.model.values import frozen
from ecluse.ports.target import Lines, LogLine

ALL = "all"
"""The word for the lines of every release."""
SERVICES = ""
"""What services print is of no release."""
BEGIN_WITH = 100
MOST = 100_000
"""Lines to begin with where a time says how far to go back."""


@frozen
class LogOrder:
    """What the person asked for. `release`: id, version, tag, `all`, or empty for the one that serves. `lines` None:
    all of `since`, else BEGIN_WITH."""

    follow: bool = False
    lines: int | None = None
    process: str | None = None
    release: str = ""
    slot: Slot | None = None
    since: timedelta | None = None

    @property
    def begin_with(self) -> int:
        if self.lines is not None:
            return self.lines
        return BEGIN_WITH if self.since is None else MOST


@frozen
class Chosen:
    """The lines to begin with, and those that follow. `release`: whose they are, as it was decided, or empty."""

    first: Lines
    then: Lines
    release: str = ""


def choose(order: LogOrder, seen: Seen, state: State, environment: Environment) -> Chosen:
    """A dead release that wrote thousands of lines must not hide the one that serves, so that one's are shown unless
    another is named; in a slot, those of what is in it now. What follows is everybody's: the next one is to be seen.
    ProblemError D032 for a release that isn't known."""
    every = Lines(process=order.process, slot=order.slot, ago=order.since)
    then = replace(every, ago=None)
    if order.release == ALL:
        return Chosen(first=every, then=then)
    if order.release:
        named = _named(order.release, seen) or find(state, order.release, environment).id
        return Chosen(first=replace(every, releases=(named,)), then=replace(then, releases=(named,)), release=named)
    now = _in_slot(order.slot, seen) if order.slot else {release for release in seen.releases.values() if release}
    if not now:
        return Chosen(first=every, then=then)
    return Chosen(first=replace(every, releases=(*sorted(now), SERVICES)), then=then, release=min(now))


def _named(name: str, seen: Seen) -> str:
    """What runs is known without a ledger."""
    slots = (slot for one in seen.hosts.values() for slot in one.slots)
    return next((slot.release for slot in slots if slot.release and name in {slot.release, slot.version}), "")


def _in_slot(slot: Slot, seen: Seen) -> set[str]:
    return {release for one in seen.hosts.values() if (release := one.slot(slot).release)}


async def logs(app: App, fleet: Fleet, order: LogOrder, chosen: Chosen) -> AsyncIterator[tuple[HostName, LogLine]]:
    """Each host's last lines in the order of their time; then, when following, what comes from any host. ProblemError
    D036 for a process that neither printed anything nor is known."""
    count = order.begin_with
    last = [
        (host, line)
        for host, target in fleet.targets.items()
        async for line in target.logs(follow=False, of=chosen.first, lines=count)
    ]
    if order.process and not last:
        _require_known(order.process, await _names(app, fleet))
    for host, line in sorted(last, key=lambda one: one[1].at):
        yield host, line
    if order.follow:
        async for found in _together(fleet, chosen.then):
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


async def _together(fleet: Fleet, of: Lines) -> AsyncIterator[tuple[HostName, LogLine]]:
    queue: asyncio.Queue[tuple[HostName, LogLine]] = asyncio.Queue()

    async def listen(host: HostName) -> None:
        async for line in fleet.targets[host].logs(follow=True, of=of, lines=0):
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
