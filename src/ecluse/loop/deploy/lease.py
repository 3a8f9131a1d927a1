"""The right to change an environment: taken on most of its hosts, kept alive while we work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

from ecluse.loop.deploy.fleet import Fleet, is_lost
from ecluse.loop.deploy.problems import lease_ran_out, too_few_hosts
from ecluse.loop.deploy.unbroken import to_its_end
from ecluse.loop.each import on_each
from ecluse.model.holder import Holder
from ecluse.model.ids import HostName
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.ports.clock import Clock
from ecluse.ports.target import Grant
from ecluse.ports.world import World

STOP_AT = 2 / 3
"""Share of the lease after which no order is given any more: the rest is for clocks and slow networks."""
RENEW_AT = 1 / 3
LOST = float("-inf")
"""The moment of a renewal on a host that somebody else has."""
AGAIN_AT = 1 / 12
"""Share of the lease between two tries on a host that did not answer."""
LOOK_EVERY = 0.25
"""Seconds between two looks of somebody who waits in line."""


class Lease:
    """A grant of a fleet, with the time of its last renewal on each host. Whoever works on a part of the fleet holds it
    for the whole. `lost`: where it could not be taken, and why."""

    def __init__(
        self,
        grant: Grant,
        fleet: Fleet,
        duration: timedelta,
        clock: Clock,
        *,
        taken: Mapping[HostName, float],
        lost: Mapping[HostName, Problem],
    ) -> None:
        """`taken` are the moments at which it was asked for."""
        self._grant = grant
        self.fleet = fleet
        self._duration = duration.total_seconds()
        self._clock = clock
        self._renewed = dict(taken)
        self._over: ProblemError | None = None
        self.lost = lost

    @property
    def generation(self) -> int:
        return self._grant.generation

    def grant(self) -> Grant:
        """The grant, for one order that is given now. Raises ProblemError when the lease may have run out on most
        hosts, or when they refused to renew it."""
        if self._over is not None:
            raise self._over
        of_most = sorted(self._renewed.values(), reverse=True)[self.fleet.majority - 1]
        if self._clock.monotonic() - of_most > self._duration * STOP_AT:
            raise ProblemError(lease_ran_out(self._grant.generation))
        return self._grant

    async def keep(self) -> None:
        """Renew on each host until cancelled; a host that is slow or gone holds up no other."""
        await asyncio.gather(*(self._keep_on(host) for host in tuple(self._renewed)))

    async def refusal(self) -> ProblemError | None:
        """Renewed now: None, or why most hosts take no order of ours any more. What can't be reached doesn't refuse."""
        await on_each(tuple(self._renewed), self._renew)
        return self._over

    async def _keep_on(self, host: HostName) -> None:
        while self._over is None and self._renewed[host] != LOST:
            due = self._renewed[host] + self._duration * RENEW_AT
            await self._clock.sleep(max(due - self._clock.monotonic(), self._duration * AGAIN_AT))
            with suppress(ProblemError):
                await self._renew(host)

    async def _renew(self, host: HostName) -> None:
        """ProblemError when the host can't be reached. Somebody else has it: it is lost, and with too few left nobody
        may go on."""
        asked = self._clock.monotonic()
        try:
            await self.fleet.targets[host].renew(self._grant)
        except ProblemError as error:
            if error.exit is not Exit.BUSY:
                raise
            self._renewed[host] = LOST
            if sum(moment != LOST for moment in self._renewed.values()) < self.fleet.majority:
                self._over = error
        else:
            self._renewed[host] = asked


@asynccontextmanager
async def held(fleet: Fleet, duration: timedelta, world: World, wait: timedelta | None = None) -> AsyncIterator[Lease]:
    """Take the lease, renew it in the background, give it back at the end, also after an error or Ctrl-C.

    Held by somebody else: refused at once (exit 4); with `wait`, in line for so long.
    """
    lease = await _wait_for(fleet, duration, world, wait)
    keeping = asyncio.create_task(lease.keep())
    try:
        yield lease
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping
        await to_its_end(_give_back(fleet, dict.fromkeys(fleet.targets, lease._grant)))


async def _wait_for(fleet: Fleet, duration: timedelta, world: World, wait: timedelta | None) -> Lease:
    until = world.clock.monotonic() + (wait or timedelta()).total_seconds()
    line, told = Line(fleet, world.holder), -1
    while True:
        try:
            return await take(fleet, duration, world, line)
        except ProblemError as error:
            if error.exit is not Exit.BUSY or wait is None or world.clock.monotonic() >= until:
                raise
        if (before := await line.stand()) != told:
            told = before
            world.reporter.note(f"waiting for the environment, {told} before us")
        await world.clock.sleep(LOOK_EVERY)


class Line:
    """Our place among those who wait, kept by the first host in sorted order that can be reached. A ticket is a moment
    of its host's clock, so each host gives one of its own."""

    def __init__(self, fleet: Fleet, holder: Holder) -> None:
        self._fleet, self._holder = fleet, holder
        self._tickets: dict[HostName, float] = {}

    async def stand(self) -> int:
        """Show our ticket, or get one; how many are before us. ProblemError when no host can be reached."""
        lost: list[ProblemError] = []
        for host, target in self._fleet.targets.items():
            try:
                place = await target.wait(self._holder, self._tickets.get(host, 0.0))
            except ProblemError as error:
                if not is_lost(error):
                    raise
                lost.append(error)
            else:
                self._tickets[host] = place.ticket
                return place.before
        raise lost[0]

    async def keep(self) -> None:
        """Have our place again, if we had one: whoever takes the lease leaves the line."""
        if self._tickets:
            await self.stand()


async def take(fleet: Fleet, duration: timedelta, world: World, line: Line | None = None) -> Lease:
    """One generation, greater than any seen, on every host that can be reached: most of them, or it isn't taken.

    Refused or interrupted on the way: what was taken is given back. Where another still has a host, not before we have
    our place in the line again: the next one would come in between.
    """
    ours: dict[HostName, Grant] = {}
    try:
        return await _leveled(fleet, duration, world, ours)
    except ProblemError as error:
        if line and error.exit is Exit.BUSY:
            with suppress(ProblemError):
                await line.keep()
        await to_its_end(_give_back(fleet, ours))
        raise
    except BaseException:
        await to_its_end(_give_back(fleet, ours))
        raise


async def _leveled(fleet: Fleet, duration: timedelta, world: World, ours: dict[HostName, Grant]) -> Lease:
    generation, asleep = 0, await _asleep(fleet)
    while True:
        granted, taken, lost = await _take_on_each(fleet, duration, world, generation, ours, asleep)
        if len(granted) < fleet.majority:
            raise too_few_hosts(lost, len(fleet.targets))
        highest = max(grant.generation for grant in granted.values())
        if all(grant.generation == highest for grant in granted.values()):
            problems = {host: error.problems[0] for host, error in lost.items()}
            first = next(iter(granted.values()))
            return Lease(first, fleet, duration, world.clock, taken=taken, lost=problems)
        generation = highest + 1  # each host gives its own plus one, so that this is what all of them give


async def _asleep(fleet: Fleet) -> Mapping[HostName, ProblemError]:
    """The hosts that can't be reached, and why. All are asked at once: one after the other, as the lease is taken,
    connecting to a hundred hosts would take longer than it lasts."""
    if fleet.is_single:
        return {}
    found = await on_each(fleet.targets, lambda host: fleet.targets[host].wake())
    return {host: error for host, error in found.failed.items() if is_lost(error)}


async def _take_on_each(
    fleet: Fleet,
    duration: timedelta,
    world: World,
    generation: int,
    ours: dict[HostName, Grant],
    asleep: Mapping[HostName, ProblemError],
) -> tuple[dict[HostName, Grant], dict[HostName, float], dict[HostName, ProblemError]]:
    """In sorted order, so that of two deployers one has all or nothing; and when each was asked. `ours` gets the newest
    grant of each host, from the moment that it is known."""
    granted: dict[HostName, Grant] = {}
    taken: dict[HostName, float] = {}
    lost: dict[HostName, ProblemError] = dict(asleep)
    for host, target in fleet.targets.items():
        if host in asleep:
            continue
        asked = world.clock.monotonic()
        try:
            granted[host] = await _heard(host, target.take(world.holder, duration, generation), ours)
        except ProblemError as error:
            if not is_lost(error):
                raise
            lost[host] = error
        else:
            generation, taken[host] = max(generation, granted[host].generation), asked
    return granted, taken, lost


async def _heard(host: HostName, taking: Coroutine[Any, Any, Grant], ours: dict[HostName, Grant]) -> Grant:
    """A host that was asked grants it whether or not somebody listens, so an interrupt waits for its answer."""
    answer = asyncio.ensure_future(taking)
    try:
        await asyncio.shield(answer)
    except asyncio.CancelledError:
        await asyncio.wait([answer])
        raise
    finally:
        if answer.done() and not answer.cancelled() and answer.exception() is None:
            ours[host] = answer.result()
    return ours[host]


async def _give_back(fleet: Fleet, grants: Mapping[HostName, Grant]) -> None:
    """A host that can't be reached, or that knows another holder, needs nothing. One that fell silent may have granted
    it all the same, most likely what the others did."""
    if not grants:
        return
    usual = max(grants.values(), key=lambda grant: grant.generation)
    await on_each(fleet.targets, lambda host: fleet.targets[host].give_back(grants.get(host, usual)))
