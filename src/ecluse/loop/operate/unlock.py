"""End somebody's lease, so that none of their orders is accepted any more."""

from __future__ import annotations

from collections.abc import Mapping

from ecluse.loop.deploy.fleet import fleet_of
from ecluse.loop.each import on_each
from ecluse.model.app import App, Environment
from ecluse.model.events.environments import LeaseBroken
from ecluse.model.ids import HostName
from ecluse.model.observed import LeaseSeen
from ecluse.model.problem import ProblemError
from ecluse.model.values import frozen
from ecluse.ports.world import World


@frozen
class Unlocked:
    """Whom, by host; nobody where no lease was in force. What they left open is undone by the hosts themselves."""

    evicted: Mapping[HostName, LeaseSeen]


async def held_by(app: App, environment: Environment, world: World) -> Unlocked:
    """Whom an `unlock` would evict. Changes nothing; raises what hosts can't be reached."""
    seen = await fleet_of(world, app, environment).observe()
    if seen.lost:
        raise ProblemError(*seen.lost.values())
    return Unlocked(evicted={host: one.lease for host, one in seen.hosts.items() if one.lease is not None})


async def unlock(app: App, environment: Environment, world: World, why: str = "") -> Unlocked:
    """On every host that can be reached; the others are the Problem, after the rest was done."""
    fleet = fleet_of(world, app, environment)

    async def act(host: HostName) -> LeaseSeen | None:
        return await fleet.targets[host].evict(world.actor)

    found = await on_each(fleet.targets, act)
    evicted = {host: lease for host, lease in found.done.items() if lease is not None}
    if evicted:
        lease = next(iter(evicted.values()))
        name = f"{lease.holder.user}@{lease.holder.host} ({lease.holder.command})"
        world.ledger.append(
            LeaseBroken(evicted=name, generation=lease.generation, why=why, environment=environment.name)
        )
    if found.failed:
        raise ProblemError(*(problem for error in found.failed.values() for problem in error.problems))
    return Unlocked(evicted=evicted)
