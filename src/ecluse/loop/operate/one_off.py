"""A one-off command in the release that serves."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from ecluse.loop.deploy.fleet import fleet_of
from ecluse.loop.deploy.lease import Lease, held
from ecluse.loop.deploy.recall import as_it_was, recall
from ecluse.loop.deploy.settle import settle
from ecluse.loop.deploy.unbroken import spent
from ecluse.loop.deploy.wanted import Wanted, running_on
from ecluse.model.app import Argv
from ecluse.model.ids import HostName
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.ports.target import RanCommand, Target
from ecluse.ports.world import World


async def one_off(
    wanted: Wanted, argv: Argv, within: timedelta, world: World, wait: timedelta | None = None
) -> RanCommand:
    """Runs with the release's files, packages, settings and secrets, on the first host that serves it. Holds the lease:
    no deploy passes under it. Interrupted: it is ended, and ProblemError D035 says so, or that it could not be."""
    fleet = fleet_of(world, wanted.app, wanted.environment)
    async with held(fleet, wanted.environment.lease, world, wait) as lease:
        seen = await settle(fleet, lease, wanted.environment, world)
        kept = world.ledger.state().releases.get(seen.serving)
        if kept is None:
            raise ProblemError(nothing_serves(wanted.environment.name))
        recalled = recall(kept, world.store)
        host = next(host for host, release in seen.releases.items() if release == seen.serving)
        target, running = (
            fleet.targets[host],
            running_on(host, as_it_was(wanted, recalled), recalled.release, recalled.bundle),
        )
        try:
            return await target.run(lease.grant(), running, argv, within)
        except asyncio.CancelledError:
            spent()
            raise ProblemError(await _given_up(target, lease, host, argv, within)) from None
        except ProblemError as error:
            raise ProblemError(*(of_command(problem) for problem in error.problems)) from error


def of_command(problem: Problem) -> Problem:
    """What can't be started is what was typed, not a process of the manifest."""
    if problem.code != "K041":
        return problem
    fix = "check the word behind `--`: a program that the release has on its PATH, or a path in it"
    return replace(problem, fix=fix, state="nothing was run")


async def _given_up(target: Target, lease: Lease, host: HostName, argv: Argv, within: timedelta) -> Problem:
    """A host goes on with what it was told, whether or not somebody waits: it is told to end it."""
    try:
        await target.give_up(lease.grant())
    except ProblemError as error:
        return left_running(host, argv, within, error)
    return ended(argv)


def ended(argv: Argv) -> Problem:
    return Problem(
        code="D035", what=f"interrupted; `{' '.join(argv)}` was ended", exit=Exit.INTERRUPTED,
        state="what it had done before stays done", fix="run it again when you like",
    )  # fmt: skip


def left_running(host: HostName, argv: Argv, within: timedelta, why: ProblemError) -> Problem:
    return Problem(
        code="D035", what=f"interrupted; `{' '.join(argv)}` may still run on {host}, which could not be told to end it",
        evidence=(str(why),), exit=Exit.INTERRUPTED,
        state=f"nobody waits for it any more; the host ends it when its {within} are over",
        fix="`ecluse unlock` ends it at once, as soon as the host can be reached; then run it again",
    )  # fmt: skip


def nothing_serves(environment: str) -> Problem:
    return Problem(
        code="D033", what=f"nothing serves in '{environment}', so there is no release to run a command in",
        fix="ecluse ship", exit=Exit.REFUSED,
    )  # fmt: skip


def require_ended(ran: RanCommand, argv: Argv, within: timedelta) -> None:
    """ProblemError D034 for a command that was ended: at the end of its time, or by somebody's signal."""
    if ran.exit_code is not None and not ran.timed_out:
        return
    why = f"did not end within {within}" if ran.timed_out else "was ended by a signal"
    fix = "give it more time with `--timeout SECONDS`" if ran.timed_out else "look at its output, and run it again"
    raise ProblemError(
        Problem(
            code="D034", what=f"`{' '.join(argv)}` {why}", state="what it had done before stays done",
            fix=fix, exit=Exit.REFUSED,
        )
    )  # fmt: skip
