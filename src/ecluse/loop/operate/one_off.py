"""A one-off command in the release that serves."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from ecluse.loop.deploy.fleet import Fleet, Seen, fleet_of
from ecluse.loop.deploy.lease import Lease, held
from ecluse.loop.deploy.problems import at_host
from ecluse.loop.deploy.recall import as_it_was, recall
from ecluse.loop.deploy.settle import settle
from ecluse.loop.deploy.unbroken import spent
from ecluse.loop.deploy.wanted import Wanted, running_on
from ecluse.loop.operate.chosen import require_host
from ecluse.model.app import Argv
from ecluse.model.host import HERE
from ecluse.model.ids import HostName, ReleaseId
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.values import frozen
from ecluse.ports.target import RanCommand, Running, Target
from ecluse.ports.world import World


@frozen
class Served:
    """The release that serves on a host, as it runs there."""

    host: HostName
    target: Target
    running: Running


async def one_off(
    wanted: Wanted, argv: Argv, within: timedelta, world: World, wait: timedelta | None = None, *, host: str = ""
) -> RanCommand:
    """Runs with the release's files, packages, settings and secrets, on `host` or on the first that serves it; it reads
    nothing. Holds the lease: no deploy passes under it. Interrupted: it is ended, and ProblemError D035 says so, or
    that it could not be."""
    fleet = fleet_of(world, wanted.app, wanted.environment)
    async with held(fleet, wanted.environment.lease, world, wait) as lease:
        served = serving_on(wanted, fleet, await settle(fleet, lease, wanted.environment, world), host, world)
        try:
            return await served.target.run(lease.grant(), served.running, argv, within)
        except asyncio.CancelledError:
            spent()
            raise ProblemError(await given_up(served.target, lease, served.host, argv, within)) from None
        except ProblemError as error:
            raise ProblemError(*(of_command(problem) for problem in error.problems)) from error


def serving_on(wanted: Wanted, fleet: Fleet, seen: Seen, host: str, world: World) -> Served:
    """On `host`, or on the first that serves what most do; with the settings of now. ProblemError H012, D033, and that
    of a host that can't be reached."""
    if host:
        there = require_host(host, tuple(fleet.targets))
        if there in seen.lost:
            raise ProblemError(at_host(there, seen.lost[there]))
        release = seen.releases[there]
    else:
        release = seen.serving
        there = next((name for name, found in seen.releases.items() if found == release), HERE)
    kept = world.ledger.state().releases.get(ReleaseId(release))
    if kept is None:
        raise ProblemError(nothing_serves(wanted.environment.name, host))
    recalled = recall(kept, world.store)
    running = running_on(there, as_it_was(wanted, recalled), recalled.release, recalled.bundle)
    return Served(host=there, target=fleet.targets[there], running=running)


def of_command(problem: Problem) -> Problem:
    """What can't be started is what was typed, not a process of the manifest."""
    if problem.code != "K041":
        return problem
    fix = "check the word behind `--`: a program that the release has on its PATH, or a path in it"
    return replace(problem, fix=fix, state="nothing was run")


async def given_up(target: Target, lease: Lease, host: HostName, argv: Argv, within: timedelta | None) -> Problem:
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


def left_running(host: HostName, argv: Argv, within: timedelta | None, why: ProblemError) -> Problem:
    return Problem(
        code="D035", what=f"interrupted; `{' '.join(argv)}` may still run on {host}, which could not be told to end it",
        evidence=(str(why),), exit=Exit.INTERRUPTED,
        state="nobody waits for it any more; the host ends it when "
        + (f"its {within} are over" if within else "the lease is"),
        fix="`ecluse unlock` ends it at once, as soon as the host can be reached; then run it again",
    )  # fmt: skip


def nothing_serves(environment: str, host: str = "") -> Problem:
    there = f" on {host}" if host else ""
    return Problem(
        code="D033", what=f"nothing serves in '{environment}'{there}, so there is no release to run a command in",
        fix=f"ecluse converge {environment}" if host else "ecluse ship", exit=Exit.REFUSED,
    )  # fmt: skip


def overdue(argv: Argv, within: timedelta) -> Problem:
    return Problem(
        code="D034", what=f"`{' '.join(argv)}` did not end within {within}", state="what it had done before stays done",
        fix="give it more time with `--timeout SECONDS`", exit=Exit.REFUSED,
    )  # fmt: skip
