"""End an environment: drain, stop, leave nothing running. The app's data stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from ecluse.loop.deploy.fleet import Fleet, Seen, fleet_of
from ecluse.loop.deploy.lease import held
from ecluse.loop.deploy.problems import at_host
from ecluse.loop.deploy.settle import known, told
from ecluse.loop.each import on_each
from ecluse.model.app import App, Environment
from ecluse.model.events.environments import EnvironmentStopped
from ecluse.model.ids import HostName
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.values import frozen
from ecluse.ports.world import World


@frozen
class Stopped:
    """What ran: the release that served, and services; empty when nothing did. What was ended besides: `versions` of
    releases that got no traffic, and the `keepers`' pids. `killed` had not ended when their drain budget was over."""

    release: str = ""
    services: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    keepers: tuple[int, ...] = ()
    killed: tuple[str, ...] = ()

    @property
    def something(self) -> bool:
        return bool(self.release or self.services)


async def stop(
    app: App, environment: Environment, world: World, wait: timedelta | None = None, *, remove: bool = False
) -> Stopped:
    """`wait`: so long in line for the environment. `remove`: releases, data and logs go too. ProblemError D087 where
    the manifest declares it itself."""
    if remove and not environment.pattern:
        raise ProblemError(_declared(environment))
    fleet = fleet_of(world, app, environment)
    if nothing_runs(await fleet.observe()) and not remove:
        if known(world, environment.name).serving:
            world.ledger.append(EnvironmentStopped(environment=environment.name))
        return Stopped()
    async with held(fleet, environment.lease, world, wait) as lease:
        seen = await fleet.observe()
        world.ledger.append(*told(seen, known(world, environment.name)))

        async def shut(host: HostName) -> tuple[str, ...]:
            return await fleet.targets[host].shut(lease.grant(), remove=remove)

        ended = await on_each(seen.hosts, shut)
        left = {**seen.lost, **ended.lost}
        if left:
            raise ProblemError(*(told_at(fleet, host, problem) for host, problem in sorted(left.items())))
        killed = tuple(
            name if fleet.is_single else f"{host}: {name}" for host, names in ended.done.items() for name in names
        )
        world.ledger.append(EnvironmentStopped(environment=environment.name, release=seen.serving, killed=killed))
    hosts = seen.hosts.values()
    idle = [slot.version for one in hosts for slot in one.slots if slot.version and slot.slot is not one.serving]
    return Stopped(
        release=seen.serving,
        services=running_services(seen),
        versions=tuple(dict.fromkeys(idle)),
        keepers=tuple(one.keeper_pid for one in hosts if one.keeper_pid),
        killed=killed,
    )


def _declared(environment: Environment) -> Problem:
    return Problem(
        code="D087",
        what=f"{environment.name} is declared in the manifest, and its data could be the only copy",
        state="nothing was stopped or removed",
        fix=f"ecluse stop {environment.name} leaves the data; only what is made from a pattern can be removed",
        exit=Exit.USAGE,
    )


def told_at(fleet: Fleet, host: HostName, problem: Problem) -> Problem:
    """Which host it is that goes on, where there are several."""
    if fleet.is_single:
        return problem
    return replace(at_host(host, problem), state=problem.state or "what ran there runs on; the other hosts are stopped")


def running_services(seen: Seen) -> tuple[str, ...]:
    return tuple(one.name for host in seen.hosts.values() for one in host.services if one.state != "exited")


def nothing_runs(seen: Seen) -> bool:
    hosts = seen.hosts.values()
    empty = all(slot.release is None for one in hosts for slot in one.slots)
    return empty and not seen.lost and all(one.keeper_pid is None for one in hosts)
