"""Deploy a release that exists, without building: what `deploy` and `rollback` have in common."""

from __future__ import annotations

from collections.abc import Callable

from ecluse.loop.deploy.deploy import deploy
from ecluse.loop.deploy.lease import held
from ecluse.loop.deploy.recall import as_it_was, recall
from ecluse.loop.deploy.settle import settle
from ecluse.loop.deploy.transaction import Deployed
from ecluse.loop.deploy.wanted import Wanted, require_health
from ecluse.loop.ship import Shipped, outcome_of
from ecluse.model.history import ReleaseKnown, State
from ecluse.model.observed import Observed
from ecluse.model.release import Release
from ecluse.ports.world import World


async def deploy_existing(
    wanted: Wanted, choose: Callable[[Observed, State], ReleaseKnown], world: World, *, verb: str
) -> Shipped:
    """`choose` decides under the lease, from what the target and the ledger say then."""
    began = world.clock.monotonic()
    target = world.target(wanted.app, wanted.environment)
    async with held(target, wanted.environment.lease, world) as lease:
        seen = await settle(target, lease, wanted.environment.name, world)
        recalled = recall(choose(seen, world.ledger.state()), world.store)
        then = as_it_was(wanted, recalled)
        require_health(then)
        deployed = await deploy(then, recalled.release, recalled.bundle, target, lease, world, verb=verb)
    seconds = world.clock.monotonic() - began
    return _ended(wanted, recalled.release, deployed, seconds, verb)


def _ended(wanted: Wanted, release: Release, deployed: Deployed, seconds: float, verb: str) -> Shipped:
    return Shipped(
        outcome=outcome_of(deployed.problem, done="rolled_back" if verb == "rollback" else "deployed"),
        environment=wanted.environment.name,
        url=wanted.environment.url,
        commit=release.commit,
        release=release.id,
        version=release.version,
        seconds=seconds,
        gates=deployed.verdicts,
        timeline=deployed.timeline,
        problem=deployed.problem,
    )
