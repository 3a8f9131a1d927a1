"""What a ship would do, without doing it."""

from __future__ import annotations

from ecluse.loop.build.bundle import known_bundle
from ecluse.loop.deploy.fleet import Fleet, fleet_of
from ecluse.loop.deploy.listening import require_port
from ecluse.loop.deploy.plan import plan_rollout
from ecluse.loop.deploy.policy.policies import policies, undecided
from ecluse.loop.deploy.schema.upcoming import Upcoming, upcoming
from ecluse.loop.deploy.wanted import keep_app, require_health, require_place_for_dirty
from ecluse.loop.gates import gates_of
from ecluse.loop.release.make import PlannedRelease, plan_release
from ecluse.loop.ship import ShipOrder, serving_already
from ecluse.loop.test.untested import untested
from ecluse.model.counted import counted
from ecluse.model.deployment import Leg, Move
from ecluse.model.ids import ReleaseId
from ecluse.model.release import Release
from ecluse.model.rollout import Strategy
from ecluse.model.values import frozen
from ecluse.model.verdict import Verdict
from ecluse.ports.world import World


@frozen
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
    hosts: tuple[str, ...] = ()
    warning: str = ""
    policies: tuple[Verdict, ...] = ()
    migrations: tuple[Upcoming, ...] = ()
    untested: tuple[str, ...] = ()
    """Why no test is among the steps; empty when one is."""


DOWNTIME = "recreate stops the old release first: nothing serves until the new one has passed its gate"


def told_leg(leg: Leg) -> str:
    """`shift 5 %`, `watch 60 s`, `start on a, b`."""
    share = f" {leg.weight} %" if leg.move is Move.SHIFT else ""
    lasts = f" {leg.lasts.total_seconds():g} s" if leg.lasts else ""
    count = f" {counted(leg.requests, 'request')}" if leg.requests else ""
    return f"{leg.move}{share}{lasts}{count}{' on ' + ', '.join(leg.hosts) if leg.hosts else ''}"


async def preview(order: ShipOrder, world: World) -> Preview:
    """Reads only: no lease is taken, no keeper started, no tag made."""
    wanted = order.wanted
    require_health(wanted)
    require_place_for_dirty(order.wanted.environment, dirty=order.dirty)
    commit = order.commit
    dirty = order.dirty and await world.source.is_dirty()
    fleet = fleet_of(world, wanted.app, wanted.environment)
    planned = await plan_release(wanted.app, world, commit, tag=wanted.environment.tag, dirty=dirty)
    seen = await fleet.observe()
    unchanged = not dirty and await serving_already(wanted, commit, fleet, world) is not None
    if not unchanged:
        await require_port(wanted, fleet)
    migrates = bool(wanted.app.migrate)
    planned_legs = plan_rollout(seen.hosts, ReleaseId(""), wanted.environment, migrates=migrates, back=False)
    first = next(iter(seen.hosts.values()))
    steps = gates_of(wanted)
    untold = untested(wanted.app, steps)
    return Preview(
        environment=wanted.environment.name,
        commit=commit,
        version=planned.version,
        tag=planned.tag,
        unchanged=unchanged,
        steps=() if unchanged else steps,
        slot=first.free,
        serving=first.slot(first.serving).version or "" if first.serving else "",
        moves=() if unchanged else tuple(told_leg(leg) for leg in planned_legs.legs),
        hosts=wanted.environment.hosts,
        warning=DOWNTIME if wanted.environment.strategy is Strategy.RECREATE and first.serving else "",
        migrations=() if unchanged else await upcoming(wanted, commit, world),
        untested=untold.evidence if untold else (),
        policies=() if unchanged else await _policies(order, planned, fleet, world, dirty=dirty),
    )


async def _policies(
    order: ShipOrder, planned: PlannedRelease, fleet: Fleet, world: World, *, dirty: bool
) -> tuple[Verdict, ...]:
    """What they say now. Those that ask about the release are told only if it is built already."""
    wanted = order.wanted
    waiting = undecided(wanted)
    release = _known_release(order, planned, world) if waiting and not dirty else None
    said = await policies(wanted, release, fleet, world, override=order.override)
    return said if release else (*said, *waiting)


def _known_release(order: ShipOrder, planned: PlannedRelease, world: World) -> Release | None:
    app = order.wanted.app
    bundle = known_bundle(app, world, planned.commit)
    if bundle is None:
        return None
    config = keep_app(app, world.store)
    return Release(version=planned.version, commit=planned.commit, bundle=bundle.digest, config=config, tag=planned.tag)
