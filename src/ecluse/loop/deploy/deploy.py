"""Move one release into its environment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from ecluse.loop.deploy.fleet import Fleet, Seen
from ecluse.loop.deploy.houses import Houses, chosen, houses_of, untested
from ecluse.loop.deploy.lease import Lease
from ecluse.loop.deploy.plan import plan_rollout
from ecluse.loop.deploy.problems import hosts_missing
from ecluse.loop.deploy.settle import known
from ecluse.loop.deploy.transaction import Deployed, Transaction
from ecluse.loop.deploy.unbroken import to_its_end
from ecluse.loop.deploy.wanted import Wanted, running_on, settings_digest
from ecluse.loop.deploy.work import Work
from ecluse.loop.each import on_each
from ecluse.loop.release.attest.verify import require_signed
from ecluse.loop.tickets.naming import of_deployment
from ecluse.model.app import Environment
from ecluse.model.artifact import Bundle
from ecluse.model.deployment import Deployment, Move
from ecluse.model.history import DeploymentKnown
from ecluse.model.ids import DeploymentId, HostName, ReleaseId
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.release import Release
from ecluse.model.rollout import HostsDown
from ecluse.model.skew import clock_off
from ecluse.ports.world import World

NOBODY: Mapping[HostName, str] = MappingProxyType({})


async def deploy(
    wanted: Wanted, release: Release, bundle: Bundle, fleet: Fleet, lease: Lease, world: World, *, verb: str
) -> Deployed:
    """What is left to do is looked up on the targets, of which as many must be there as the environment wants. What
    isn't signed as the environment wants it is refused first; a rollback goes to what was asked then."""
    back = verb == "rollback"
    if not back:
        await require_signed(wanted.app, wanted.environment, release, bundle, world)
    migrates = bool(wanted.app.migrate) and not back
    seen = await fleet.observe()
    absent = absent_hosts(wanted.environment, lease, seen)
    for off in clocks_off(seen):
        world.reporter.note(f"! {off}: {off.fix}")
    there = {host: one for host, one in seen.hosts.items() if host not in absent}
    planned = plan_rollout(there, release.id, wanted.environment, migrates=migrates, back=back)
    deployment = Deployment(
        id=DeploymentId(world.ids.new("d")), release=release.id, places=planned.places, legs=planned.legs
    )
    world.ledger.append(*await of_deployment(wanted, release, seen, deployment.id, world))
    part, left_out = fleet.without(absent), {host: problem.what for host, problem in absent.items()}
    return await carry_out(deployment, wanted, release, bundle, part, lease, world, verb=verb, left_out=left_out)


async def carry_out(
    deployment: Deployment,
    wanted: Wanted,
    release: Release,
    bundle: Bundle,
    fleet: Fleet,
    lease: Lease,
    world: World,
    *,
    verb: str,
    left_out: Mapping[HostName, str] = NOBODY,
) -> Deployed:
    """All legs that are left. Old releases are removed from the targets after a commit. `left_out`: the hosts that it
    goes without, and why."""
    houses = await _furnished(deployment, wanted, release, bundle, fleet, world)
    work = Work(
        deployment=deployment,
        app=wanted.app,
        running={host: running_on(host, wanted, release, bundle, houses.get(host)) for host in fleet.targets},
        lease=lease,
        fleet=fleet,
        world=world,
        verb=verb,
    )
    deployed = await Transaction(work, verb=verb, settings=settings_digest(wanted, world.key), left_out=left_out).run()
    if deployed.committed:
        await to_its_end(_forget(fleet, lease, wanted, world))
    return deployed


async def _furnished(
    deployment: Deployment, wanted: Wanted, release: Release, bundle: Bundle, fleet: Fleet, world: World
) -> Houses:
    """Told and recorded where they are still to be brought there."""
    if all(leg.move is not Move.STAGE for leg in deployment.left):
        return {}
    houses = await houses_of(wanted.app, bundle, fleet, world)
    for line in untested(houses, bundle):
        world.reporter.note(f"! {line}")
    world.ledger.append(*chosen(houses, release.id, wanted.environment.name))
    return houses


async def _forget(fleet: Fleet, lease: Lease, wanted: Wanted, world: World) -> None:
    """What can't be removed is a note: it is committed, and the next deployment tries again."""
    try:
        keep = kept(known(world, wanted.environment.name).deployments, wanted.environment.keep_releases)
    except ProblemError as error:
        world.reporter.note(f"! old releases are left: {error}")
        return

    async def act(host: HostName) -> None:
        await fleet.targets[host].forget(lease.grant(), keep)

    found = await on_each(fleet.targets, act)
    for host, why in found.failed.items():
        world.reporter.note(f"! old releases are left on {host}: {why}")


def clocks_off(seen: Seen) -> tuple[Problem, ...]:
    return tuple(off for host, one in seen.hosts.items() if (off := clock_off(host, one.skew)))


def absent_hosts(environment: Environment, lease: Lease, seen: Seen) -> Mapping[HostName, Problem]:
    """Those that a deploy goes without, and why. ProblemError D066 where the environment wants every host."""
    lost = {**lease.lost, **seen.lost}
    if lost and environment.hosts_down is HostsDown.ALL:
        raise hosts_missing(lost)
    return lost


def kept(deployments: Iterable[DeploymentKnown], count: int) -> tuple[ReleaseId, ...]:
    """The releases that stay on the target for a rollback: those of the newest committed deployments."""
    committed = (ReleaseId(one.release) for one in deployments if one.outcome == "committed")
    return tuple(dict.fromkeys(committed))[:count]
