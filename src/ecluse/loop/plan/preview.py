"""What a ship would do, without doing it."""

from __future__ import annotations

from dataclasses import dataclass

from ecluse.loop.build.bundle import known_bundle
from ecluse.loop.deploy.plan import plan_rollout
from ecluse.loop.deploy.policy.policies import policies, undecided
from ecluse.loop.deploy.wanted import keep_app, require_health
from ecluse.loop.release.make import PlannedRelease, plan_release
from ecluse.loop.ship import ShipOrder, require_place_for_dirty, serving_already
from ecluse.model.ids import ReleaseId
from ecluse.model.release import Release
from ecluse.model.verdict import Verdict
from ecluse.ports.target import Target
from ecluse.ports.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A plan is a preview, not a promise: each move looks again before it acts."""

    environment: str
    commit: str
    version: str
    tag: str
    unchanged: bool
    steps: tuple[str, ...]
    slot: str
    serving: str
    moves: tuple[str, ...]
    policies: tuple[Verdict, ...] = ()


async def preview(order: ShipOrder, world: World) -> Preview:
    """Reads only: no lease is taken, no keeper started, no tag made."""
    wanted = order.wanted
    require_health(wanted)
    require_place_for_dirty(order)
    commit = await world.source.resolve(order.revision)
    dirty = order.dirty and await world.source.is_dirty()
    target = world.target(wanted.app, wanted.environment)
    planned = await plan_release(wanted.app, world, commit, tag=wanted.environment.tag, dirty=dirty)
    seen = await target.observe()
    unchanged = not dirty and await serving_already(wanted, commit, target, world) is not None
    rollout = plan_rollout(seen, ReleaseId(""), migrates=bool(wanted.app.migrate), back=False)
    chosen = wanted.environment.gates
    steps = tuple(step.name for step in wanted.app.steps if (step.gate if chosen is None else step.name in chosen))
    return Preview(
        environment=wanted.environment.name,
        commit=commit,
        version=planned.version,
        tag=planned.tag,
        unchanged=unchanged,
        steps=() if unchanged else steps,
        slot=rollout.slot,
        serving=seen.slot(seen.serving).version or "" if seen.serving else "",
        moves=() if unchanged else tuple(rollout.moves),
        policies=() if unchanged else await _policies(order, planned, target, world, dirty=dirty),
    )


async def _policies(
    order: ShipOrder, planned: PlannedRelease, target: Target, world: World, *, dirty: bool
) -> tuple[Verdict, ...]:
    """What they say now. Those that ask about the release are told only if it is built already."""
    wanted = order.wanted
    waiting = undecided(wanted)
    release = _known_release(order, planned, world) if waiting and not dirty else None
    said = await policies(wanted, release, target, world, override=order.override)
    return said if release else (*said, *waiting)


def _known_release(order: ShipOrder, planned: PlannedRelease, world: World) -> Release | None:
    app = order.wanted.app
    bundle = known_bundle(app, world, planned.commit)
    if bundle is None:
        return None
    config = keep_app(app, world.store)
    return Release(version=planned.version, commit=planned.commit, bundle=bundle.digest, config=config, tag=planned.tag)
