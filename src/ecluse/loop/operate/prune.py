"""Old releases removed from all hosts, and what only they used."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from ecluse.loop.deploy.deploy import kept
from ecluse.loop.deploy.fleet import fleet_of
from ecluse.loop.deploy.lease import held
from ecluse.loop.deploy.settle import known
from ecluse.loop.deploy.wanted import Wanted
from ecluse.loop.each import on_each, worst
from ecluse.model.ids import HostName, ReleaseId
from ecluse.model.problem import Exit, Problem
from ecluse.model.values import frozen
from ecluse.ports.world import World


@frozen
class Pruned:
    """`kept` are the releases that a rollback may want; those in use stay in any case."""

    kept: tuple[ReleaseId, ...]
    done: tuple[HostName, ...]
    lost: Mapping[HostName, Problem]

    @property
    def exit(self) -> Exit:
        return worst(self.lost)


async def prune(
    wanted: Wanted,
    world: World,
    keep: int | None = None,
    wait: timedelta | None = None,
    on: tuple[HostName, ...] | None = None,
) -> Pruned:
    """Safe to repeat. `keep` None: as many as the environment says. `on`: these hosts only."""
    environment = wanted.environment
    fleet = fleet_of(world, wanted.app, environment)
    async with held(fleet, environment.lease, world, wait) as lease:
        deployments = known(world, environment.name).deployments
        staying = kept(deployments, environment.keep_releases if keep is None else keep)

        async def act(host: HostName) -> None:
            await fleet.targets[host].forget(lease.grant(), staying)

        found = await on_each(fleet.targets if on is None else on, act)
    lost = found.lost
    return Pruned(kept=staying, done=tuple(found.done), lost=lost)
