"""The right to change an environment: taken on most of its hosts, kept alive while we work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from ecluse.loop.deploy.fleet import Fleet, is_lost, on_each
from ecluse.loop.deploy.problems import lease_ran_out, too_few_hosts
from ecluse.model.ids import HostName
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.ports.clock import Clock
from ecluse.ports.target import Grant
from ecluse.ports.world import World

STOP_AT = 2 / 3
"""Share of the lease after which no order is given any more: the rest is for clocks and slow networks."""
RENEW_AT = 1 / 3
LOOK_EVERY = 0.25
"""Seconds between two looks of somebody who waits in line."""


class Lease:
    """A grant with the time of its last renewal. `lost`: hosts on which it could not be taken, and why."""

    def __init__(
        self, grant: Grant, duration: timedelta, clock: Clock, lost: dict[HostName, Problem] | None = None
    ) -> None:
        self._grant = grant
        self._duration = duration.total_seconds()
        self._clock = clock
        self._renewed = clock.monotonic()
        self._over: ProblemError | None = None
        self.lost = lost or {}

    @property
    def generation(self) -> int:
        return self._grant.generation

    def grant(self) -> Grant:
        """The grant, for one order that is given now. Raises ProblemError when the lease may have run out."""
        if self._over is not None:
            raise self._over
        if self._clock.monotonic() - self._renewed > self._duration * STOP_AT:
            raise ProblemError(lease_ran_out(self._grant.generation))
        return self._grant

    async def keep(self, fleet: Fleet) -> None:
        """Renew until cancelled. When most hosts refuse, that is kept and raised by the next `grant()`.

        A silent host makes a renewal slow; the next one begins no later for that, or the lease would run out meanwhile.
        """
        spent = 0.0
        while self._over is None:
            await self._clock.sleep(max(0.0, self._duration * RENEW_AT - spent))
            began = self._clock.monotonic()
            await self.refusal(fleet)
            spent = self._clock.monotonic() - began

    async def refusal(self, fleet: Fleet) -> ProblemError | None:
        """Renewed now: None, or why most hosts take no order of ours any more. What can't be reached doesn't refuse."""
        asked = self._clock.monotonic()
        found = await on_each(fleet.targets, lambda host: fleet.targets[host].renew(self._grant))
        refused = [error for error in found.failed.values() if error.exit is Exit.BUSY]
        if len(found.done) >= fleet.majority:
            self._renewed = asked
        elif refused:
            self._over = refused[0]
        return self._over


@asynccontextmanager
async def held(fleet: Fleet, duration: timedelta, world: World, wait: timedelta | None = None) -> AsyncIterator[Lease]:
    """Take the lease, renew it in the background, give it back at the end, also after an error or Ctrl-C.

    Held by somebody else: refused at once (exit 4); with `wait`, in line for so long.
    """
    lease = await _wait_for(fleet, duration, world, wait)
    keeping = asyncio.create_task(lease.keep(fleet))
    try:
        yield lease
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping
        await asyncio.shield(_give_back(fleet, lease._grant))


async def _wait_for(fleet: Fleet, duration: timedelta, world: World, wait: timedelta | None) -> Lease:
    """The line is kept by the first host in sorted order."""
    first = next(iter(fleet.targets.values()))
    until = world.clock.monotonic() + (wait or timedelta()).total_seconds()
    ticket, told = 0.0, -1
    while True:
        try:
            return await take(fleet, duration, world)
        except ProblemError as error:
            if error.exit is not Exit.BUSY or wait is None or world.clock.monotonic() >= until:
                raise
        place = await first.wait(world.holder, ticket)
        ticket = place.ticket
        if place.before != told:
            told = place.before
            world.reporter.note(f"waiting for the environment, {told} before us")
        await world.clock.sleep(LOOK_EVERY)


async def take(fleet: Fleet, duration: timedelta, world: World) -> Lease:
    """One generation, greater than any seen, on every host that can be reached: most of them, or it isn't taken."""
    generation = 0
    while True:
        granted, lost = await _take_on_each(fleet, duration, world, generation)
        if len(granted) < fleet.majority:
            await _give_back(fleet, *granted.values())
            raise too_few_hosts(lost, len(fleet.targets))
        highest = max(grant.generation for grant in granted.values())
        if all(grant.generation == highest for grant in granted.values()):
            problems = {host: error.problems[0] for host, error in lost.items()}
            return Lease(next(iter(granted.values())), duration, world.clock, problems)
        generation = highest + 1  # each host gives its own plus one, so that this is what all of them give


async def _take_on_each(
    fleet: Fleet, duration: timedelta, world: World, generation: int
) -> tuple[dict[HostName, Grant], dict[HostName, ProblemError]]:
    """In sorted order, so that of two deployers one has all or nothing."""
    granted: dict[HostName, Grant] = {}
    lost: dict[HostName, ProblemError] = {}
    for host, target in fleet.targets.items():
        try:
            granted[host] = await target.take(world.holder, duration, generation)
        except ProblemError as error:
            if not is_lost(error):
                await _give_back(fleet, *granted.values())
                raise
            lost[host] = error
        else:
            generation = max(generation, granted[host].generation)
    return granted, lost


async def _give_back(fleet: Fleet, *grants: Grant) -> None:
    """A host that can't be reached, or that knows another holder, needs nothing."""
    for grant in grants:
        await on_each(fleet.targets, lambda host, grant=grant: fleet.targets[host].give_back(grant))  # type: ignore[misc]
