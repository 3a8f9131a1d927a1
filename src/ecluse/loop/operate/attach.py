"""A person's command, or a shell, in the release that serves: with their terminal, or what they pipe."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from ecluse.loop.deploy.fleet import Fleet, Seen, fleet_of
from ecluse.loop.deploy.lease import Lease, held
from ecluse.loop.deploy.settle import settle
from ecluse.loop.deploy.unbroken import spent
from ecluse.loop.deploy.wanted import Wanted
from ecluse.loop.operate.one_off import Served, ended, given_up, of_command, overdue, serving_on
from ecluse.model.app import Argv
from ecluse.model.problem import ProblemError
from ecluse.ports.target import Grant
from ecluse.ports.terminal import Terminal
from ecluse.ports.world import World

SHELL = 'PS1="$1> "; export PS1; command -v bash >/dev/null && exec bash --norc; exec sh'
"""Its prompt says where one is. No start-up file of the host's is read: it would change the release's PATH."""
ENDED_BY_A_SIGNAL = 128
T = TypeVar("T")


async def attach(
    wanted: Wanted,
    argv: Argv,
    terminal: Terminal,
    world: World,
    *,
    host: str = "",
    within: timedelta | None = None,
    wait: timedelta | None = None,
) -> int:
    """The exit code. `host`: there; else on the first that serves.

    A command holds the environment: no deploy passes under it. A shell (no `argv`) doesn't, because a person who left
    it open must not keep others from deploying; it stays in its release, which stays while it runs.
    """
    fleet = fleet_of(world, wanted.app, wanted.environment)
    if not argv:
        return await _shell(wanted, fleet, await fleet.observe(), terminal, world, host)
    async with held(fleet, wanted.environment.lease, world, wait) as lease:
        served = serving_on(wanted, fleet, await settle(fleet, lease, wanted.environment, world), host, world)
        running = asyncio.ensure_future(_attached(served, lease.grant(), argv, terminal))
        try:
            async with asyncio.timeout(within.total_seconds() if within else None):
                code = await asyncio.shield(running)
        except TimeoutError:
            await _end(running, served.target.give_up(lease.grant()))
            raise ProblemError(overdue(argv, within or timedelta())) from None
        except asyncio.CancelledError:
            spent()
            told = await _end(running, given_up(served.target, lease, served.host, argv, within))
            raise ProblemError(told) from None
        await _blame(lease, code)
        return code


async def _end(running: asyncio.Future[int], ending: Awaitable[T]) -> T:
    """The host ends all of it, which it can find only while the command is there: the streams are let go afterwards."""
    try:
        return await ending
    finally:
        running.cancel()
        await asyncio.wait([running])


async def _shell(wanted: Wanted, fleet: Fleet, seen: Seen, terminal: Terminal, world: World, host: str) -> int:
    served = serving_on(wanted, fleet, seen, host, world)
    name = f"{wanted.app.name} {wanted.environment.name} {served.running.release.version}"
    try:
        return await _attached(served, None, ("/bin/sh", "-c", SHELL, "sh", name), terminal)
    except asyncio.CancelledError:
        spent()
        raise ProblemError(replace(ended(("sh",)), what="interrupted; the shell was ended")) from None


async def _attached(served: Served, grant: Grant | None, argv: Argv, terminal: Terminal) -> int:
    try:
        return await served.target.attach(grant, served.running, argv, terminal)
    except ProblemError as error:
        raise ProblemError(*(of_command(problem) for problem in error.problems)) from error


async def _blame(lease: Lease, code: int) -> None:
    """Ended by a signal: by the host, if somebody took the lease from us; then that is the Problem."""
    if code >= ENDED_BY_A_SIGNAL and (refusal := await lease.refusal()):
        raise refusal
