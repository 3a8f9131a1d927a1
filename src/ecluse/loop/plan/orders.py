"""The orders that hosts would get: the verb itself, in a world in which nothing is sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from ecluse.loop.build.bundle import known_bundle
from ecluse.loop.deploy.deploy import deploy
from ecluse.loop.deploy.fleet import fleet_of
from ecluse.loop.deploy.lease import held
from ecluse.loop.deploy.recall import as_it_was, recall
from ecluse.loop.deploy.settle import settle
from ecluse.loop.deploy.wanted import Wanted
from ecluse.loop.operate.stop import stop
from ecluse.loop.ship import ShipOrder
from ecluse.model.app import Environment
from ecluse.model.artifact import Bundle
from ecluse.model.history import ReleaseKnown
from ecluse.model.ids import Digest, HostName, Version
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.release import Release
from ecluse.model.values import frozen
from ecluse.ports.rehearsal import Ordered, Rehearsal
from ecluse.ports.world import World


@frozen
class Orders:
    """`problem`: why it would end there."""

    sent: Mapping[HostName, Sequence[Ordered]]
    problem: Problem | None = None


def is_sent(wanted: Wanted) -> bool:
    """Whether orders travel at all: those of an environment on this machine are no news."""
    return wanted.environment.is_remote


async def orders_of_ship(order: ShipOrder, version: str, dry: Rehearsal) -> Orders:
    """Of a bundle that isn't built yet nobody knows what hosts lack."""
    bundle = None if order.dirty else known_bundle(order.wanted.app, dry.world, order.commit)
    if bundle is None:
        bundle = Bundle(digest=Digest(""), commit=order.commit, dirty=order.dirty, files=(), wheelhouses=())
    release = Release(version=Version(version), commit=order.commit, bundle=bundle.digest, config=Digest(""))
    return await _orders(order.wanted, release, bundle, dry, "ship")


async def orders_of(wanted: Wanted, kept: ReleaseKnown, dry: Rehearsal, verb: str) -> Orders:
    """Of a `deploy` or a `rollback` to a release that was made before."""
    recalled = recall(kept, dry.world.store)
    return await _orders(as_it_was(wanted, recalled), recalled.release, recalled.bundle, dry, verb)


async def orders_of_verb(verb: Callable[[World], Awaitable[object]], dry: Rehearsal) -> Orders:
    """Of a verb that may refuse before it begins: its ProblemError is ours then."""
    try:
        await verb(dry.world)
    except ProblemError as error:
        if not any(one.order not in ENTRANCE for orders in dry.sent.values() for one in orders):
            raise
        return Orders(sent=dry.sent, problem=error.problems[0])
    return Orders(sent=dry.sent)


ENTRANCE = frozenset({"take", "give_back"})
"""Orders that change nothing: the lease comes and goes."""


async def orders_of_stop(wanted: Wanted, dry: Rehearsal, *, remove: bool = False) -> Orders:
    try:
        await stop(wanted.app, wanted.environment, dry.world, remove=remove)
    except ProblemError as error:
        return Orders(sent=dry.sent, problem=error.problems[0])
    return Orders(sent=dry.sent)


async def _orders(wanted: Wanted, release: Release, bundle: Bundle, dry: Rehearsal, verb: str) -> Orders:
    hurried = replace(wanted, environment=unwatched(wanted.environment))
    fleet = fleet_of(dry.world, hurried.app, hurried.environment)
    try:
        async with held(fleet, hurried.environment.lease, dry.world) as lease:
            await settle(fleet, lease, hurried.environment, dry.world)
            ended = await deploy(hurried, release, bundle, fleet, lease, dry.world, verb=verb)
    except ProblemError as error:
        return Orders(sent=dry.sent, problem=error.problems[0])
    return Orders(sent=dry.sent, problem=ended.problem)


def unwatched(environment: Environment) -> Environment:
    """A watch looks and sends nothing, and what it would see isn't known."""
    steps = tuple(replace(step, lasts=timedelta(), requests=0) for step in environment.rollout.canary)
    return replace(environment, watch=timedelta(), rollout=replace(environment.rollout, wait=timedelta(), canary=steps))
