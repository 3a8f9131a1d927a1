"""Whoever comes next finishes: what an earlier deployer left open is undone, what the target did alone is recorded."""

from __future__ import annotations

from ecluse.loop.deploy.lease import Lease
from ecluse.loop.deploy.transaction import serving_release
from ecluse.model import events
from ecluse.model.history import DeploymentKnown, EnvironmentKnown
from ecluse.model.observed import Observed
from ecluse.ports.target import Target, Upgrades
from ecluse.ports.world import World


async def settle(target: Target, lease: Lease, environment: str, world: World) -> Observed:
    """Undo an open deployment of somebody who is gone (the lease is ours now), import what the target ended by
    itself, and look again. A host process of another version is replaced by ours first."""
    if isinstance(target, Upgrades):
        await target.upgrade(lease.grant())
    seen = await target.observe()
    if seen.open is not None:
        world.reporter.note(
            f"undoing deployment {seen.open.id} of {seen.open.version}, left at `{seen.open.last_move}`"
        )
        await target.abort(lease.grant(), seen.open.id, "its deployer is gone")
        seen = await target.observe()
    world.ledger.append(*told(seen, known(world, environment)))
    return seen


def known(world: World, environment: str) -> EnvironmentKnown:
    return world.ledger.state().environments.get(environment) or EnvironmentKnown(name=environment)


def told(seen: Observed, before: EnvironmentKnown) -> tuple[events.Event, ...]:
    """What the target knows and the ledger doesn't, as events. Pure; told twice, the second time is empty once
    the first is recorded."""
    ends = tuple(
        event
        for finished in seen.finished
        for deployment in before.deployments
        if deployment.id == finished.id and deployment.outcome == "open"
        for event in (_end(deployment, finished.outcome, finished.why, seen),)
    )
    serving = serving_release(seen)
    differs = serving != before.serving and not ends and seen.open is None
    difference = events.DifferenceSeen(environment=before.name, expected=before.serving, found=serving)
    return (*ends, difference) if differs else ends


def _end(deployment: DeploymentKnown, outcome: str, why: str, seen: Observed) -> events.Event:
    if outcome == "committed":
        return events.DeploymentCommitted(
            environment=deployment.environment, deployment=deployment.id, release=deployment.release,
            version=deployment.version, slot=deployment.slot, verb=deployment.verb,
        )  # fmt: skip
    return events.DeploymentReverted(
        environment=deployment.environment, deployment=deployment.id, release=deployment.release,
        version=deployment.version, why=why, serving=serving_release(seen),
    )  # fmt: skip
