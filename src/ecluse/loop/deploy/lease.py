"""The right to change an environment, kept alive while we work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from ecluse.loop.deploy.problems import lease_ran_out
from ecluse.model.problem import Exit, ProblemError
from ecluse.ports.clock import Clock
from ecluse.ports.target import Grant, Target
from ecluse.ports.world import World

STOP_AT = 2 / 3
"""Share of the lease after which no order is given any more: the rest is for clocks and slow networks."""
RENEW_AT = 1 / 3


class Lease:
    """A grant with the time of its last renewal."""

    def __init__(self, grant: Grant, duration: timedelta, clock: Clock) -> None:
        self._grant = grant
        self._duration = duration.total_seconds()
        self._clock = clock
        self._renewed = clock.monotonic()
        self._lost: ProblemError | None = None

    @property
    def generation(self) -> int:
        return self._grant.generation

    def grant(self) -> Grant:
        """The grant, for one order that is given now. Raises ProblemError when the lease may have run out."""
        if self._lost is not None:
            raise self._lost
        if self._clock.monotonic() - self._renewed > self._duration * STOP_AT:
            raise ProblemError(lease_ran_out(self._grant.generation))
        return self._grant

    async def keep(self, target: Target) -> None:
        """Renew until cancelled. A refusal is kept and raised by the next `grant()`."""
        while self._lost is None:
            await self._clock.sleep(self._duration * RENEW_AT)
            asked = self._clock.monotonic()
            try:
                await target.renew(self._grant)
            except ProblemError as error:
                if error.exit is Exit.BUSY:
                    self._lost = error
            else:
                self._renewed = asked


@asynccontextmanager
async def held(target: Target, duration: timedelta, world: World) -> AsyncIterator[Lease]:
    """Take the lease, renew it in the background, give it back at the end, also after an error or Ctrl-C."""
    lease = Lease(await target.take(world.holder, duration), duration, world.clock)
    keeping = asyncio.create_task(lease.keep(target))
    try:
        yield lease
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping
        with suppress(ProblemError):
            await asyncio.shield(target.give_back(lease._grant))
