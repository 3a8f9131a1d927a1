"""Move one release into its environment."""

from __future__ import annotations

from collections.abc import Iterable

from ecluse.loop.deploy.acts import Work
from ecluse.loop.deploy.lease import Lease
from ecluse.loop.deploy.plan import plan_rollout
from ecluse.loop.deploy.settle import known
from ecluse.loop.deploy.transaction import Deployed, Transaction
from ecluse.loop.deploy.wanted import Wanted, running_of, settings_digest
from ecluse.model.artifact import Bundle
from ecluse.model.deployment import Deployment
from ecluse.model.history import DeploymentKnown
from ecluse.model.ids import DeploymentId, ReleaseId
from ecluse.model.release import Release
from ecluse.ports.target import Target
from ecluse.ports.world import World


async def deploy(
    wanted: Wanted, release: Release, bundle: Bundle, target: Target, lease: Lease, world: World, *, verb: str
) -> Deployed:
    """What is left to do is looked up on the target. Old releases are removed from it after a commit."""
    back = verb == "rollback"
    migrates = bool(wanted.app.migrate) and not back
    rollout = plan_rollout(await target.observe(), release.id, migrates=migrates, back=back)
    running = running_of(wanted, release, bundle)
    settings = settings_digest(wanted, world.key)
    deployment = Deployment(
        id=DeploymentId(world.ids.new("d")),
        release=release.id,
        slot=rollout.slot,
        previous=rollout.previous,
        moves=rollout.moves,
    )
    work = Work(
        deployment=deployment, app=wanted.app, running=running, lease=lease, target=target, world=world, back=back
    )
    deployed = await Transaction(work, verb=verb, settings=settings).run()
    if deployed.committed:
        remembered = known(world, wanted.environment.name).deployments
        await target.forget(lease.grant(), kept(remembered, wanted.environment.keep_releases))
    return deployed


def kept(deployments: Iterable[DeploymentKnown], count: int) -> tuple[ReleaseId, ...]:
    """The releases that stay on the target for a rollback: those of the newest committed deployments."""
    committed = (ReleaseId(one.release) for one in deployments if one.outcome == "committed")
    return tuple(dict.fromkeys(committed))[:count]
