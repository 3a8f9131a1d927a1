"""End an environment: drain, stop, leave nothing running. The app's data stays."""

from __future__ import annotations

from ecluse.loop.deploy.lease import held
from ecluse.loop.deploy.settle import known, settle
from ecluse.model import events
from ecluse.model.app import App, Environment
from ecluse.ports.world import World


async def stop(app: App, environment: Environment, world: World) -> str:
    """Returns the release that served, empty when nothing ran."""
    target = world.target(app, environment)
    before = await target.observe()
    if all(slot.release is None for slot in before.slots) and before.keeper_pid is None:
        if known(world, environment.name).serving:
            world.ledger.append(events.EnvironmentStopped(environment=environment.name))
        return ""
    async with held(target, environment.lease, world) as lease:
        seen = await settle(target, lease, environment.name, world)
        release = (seen.slot(seen.serving).release or "") if seen.serving else ""
        await target.shut(lease.grant())
        world.ledger.append(events.EnvironmentStopped(environment=environment.name, release=release))
    return release
