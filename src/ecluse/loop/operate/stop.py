"""End an environment: drain, stop, leave nothing running. The app's data stays."""

from __future__ import annotations

from datetime import timedelta

from ecluse.loop.deploy.fleet import Seen, fleet_of, on_each
from ecluse.loop.deploy.lease import held
from ecluse.loop.deploy.settle import known, told
from ecluse.model import events
from ecluse.model.app import App, Environment
from ecluse.model.ids import HostName
from ecluse.model.problem import ProblemError
from ecluse.ports.world import World


async def stop(app: App, environment: Environment, world: World, wait: timedelta | None = None) -> str:
    """Returns the release that served, empty when nothing ran. `wait`: so long in line for the environment."""
    fleet = fleet_of(world, app, environment)
    if nothing_runs(await fleet.observe()):
        if known(world, environment.name).serving:
            world.ledger.append(events.EnvironmentStopped(environment=environment.name))
        return ""
    async with held(fleet, environment.lease, world, wait) as lease:
        seen = await fleet.observe()
        world.ledger.append(*told(seen, known(world, environment.name)))

        async def shut(host: HostName) -> None:
            await fleet.targets[host].shut(lease.grant())

        ended = await on_each(seen.hosts, shut)
        for error in ended.failed.values():
            raise error
        if seen.lost:
            raise ProblemError(*seen.lost.values())
        world.ledger.append(events.EnvironmentStopped(environment=environment.name, release=seen.serving))
    return seen.serving


def nothing_runs(seen: Seen) -> bool:
    hosts = seen.hosts.values()
    empty = all(slot.release is None for one in hosts for slot in one.slots)
    return empty and not seen.lost and all(one.keeper_pid is None for one in hosts)
