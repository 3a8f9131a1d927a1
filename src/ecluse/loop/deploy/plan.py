"""Which legs lead to a release on every host. Pure: looked at again after a crash, it gives what remains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace

from ecluse.loop.deploy.health import restarts_of
from ecluse.model.app import Environment
from ecluse.model.deployment import Leg, Move, Place
from ecluse.model.ids import HostName, ReleaseId
from ecluse.model.observed import Observed, SlotSeen, SlotState
from ecluse.model.rollout import Promotion, Strategy, batch_size
from ecluse.model.values import frozen

UP = frozenset({SlotState.RUNNING, SlotState.LAME})


@frozen
class Planned:
    """The hosts of a deployment, and what is done on them in which order."""

    places: tuple[Place, ...]
    legs: tuple[Leg, ...]


def plan_rollout(
    seen: Mapping[HostName, Observed], wanted: ReleaseId, environment: Environment, *, migrates: bool, back: bool
) -> Planned:
    """A deploy of what serves already is all legs too: its settings may have changed."""
    places = tuple(Place(host=host, slot=one.free, previous=one.serving) for host, one in seen.items())
    return plan_at(places, seen, wanted, environment, migrates=migrates, back=back)


def plan_at(
    places: tuple[Place, ...],
    seen: Mapping[HostName, Observed],
    wanted: ReleaseId,
    environment: Environment,
    *,
    migrates: bool,
    back: bool,
) -> Planned:
    """Going `back` to a release that is up in its place on every host is only a shift."""
    slots = {place.host: seen[place.host].slot(place.slot) for place in places}
    if back and all(is_ready(slot, wanted) for slot in slots.values()):
        legs = (Leg(move=Move.BEGIN), Leg(move=Move.GATE), *_all_at_once(environment, back=True), *ENDING)
        warm = (replace(place, restarts=restarts_of(slots[place.host])) for place in places)
        return Planned(places=tuple(warm), legs=legs)
    return Planned(places=places, legs=all_legs(environment, places, migrates=migrates, back=back))


def all_legs(environment: Environment, places: tuple[Place, ...], *, migrates: bool, back: bool) -> tuple[Leg, ...]:
    """From nothing there to the commit. Going back is never slow: no canary, no batches, nobody is waited for."""
    migrate = (Leg(move=Move.MIGRATE),) if migrates else ()
    moves = _moves(environment, places, migrate, back=back)
    waiting = _waiting(environment, back=back)
    return (Leg(move=Move.STAGE), Leg(move=Move.BEGIN), *moves, *waiting, *ENDING)


def legs_left(legs: tuple[Leg, ...], made: Mapping[HostName, AbstractSet[Move]]) -> tuple[Leg, ...]:
    """What is still to be done of a deployment that was begun and whose deployer is gone: what must not be done twice
    on a host isn't, what may be is. `made` has every host that there is now; others are left out."""
    return tuple(left for leg in legs if (left := _left(leg, made)) is not None)


def _left(leg: Leg, made: Mapping[HostName, AbstractSet[Move]]) -> Leg | None:
    hosts = tuple(host for host in leg.hosts or made if host in made)
    left = hosts if leg.move in REPEATED else tuple(host for host in hosts if leg.move not in made[host])
    if not left or (leg.move is Move.MIGRATE and left != hosts):
        return None
    return leg if left == (leg.hosts or tuple(made)) else replace(leg, hosts=left)


ENDING = (Leg(move=Move.DECIDE), Leg(move=Move.COMMIT))
REPEATED = frozenset(
    {
        *(Move.STAGE, Move.DRAIN, Move.GATE, Move.SHIFT, Move.UNDRAIN, Move.WATCH, Move.HOLD, Move.DECIDE),
        Move.COMMIT,
    }
)
RUN = (Leg(move=Move.START), Leg(move=Move.GATE))


def _moves(
    environment: Environment, places: tuple[Place, ...], migrate: tuple[Leg, ...], *, back: bool
) -> Iterator[Leg]:
    """From the begun deployment to all traffic on the new release."""
    strategy, is_first = environment.strategy, all(place.previous is None for place in places)
    if strategy is Strategy.RECREATE and not is_first:
        yield Leg(move=Move.HALT)
    yield from migrate
    if strategy is Strategy.ROLLING and not back:
        yield from _batches(environment, [place.host for place in places])
        return
    yield from RUN
    if strategy is Strategy.CANARY and not back and not is_first:
        for share in environment.rollout.canary:
            yield Leg(move=Move.SHIFT, weight=share.weight)
            yield Leg(move=Move.WATCH, lasts=share.lasts, requests=share.requests)
        yield from _waiting(environment, back=back, canary=True)
    yield from _all_at_once(environment, back=back)


def _all_at_once(environment: Environment, *, back: bool) -> Iterator[Leg]:
    """Going back is not watched: the release has served before, and what it goes back from is worse."""
    yield Leg(move=Move.SHIFT)
    if environment.watch and not back:
        yield Leg(move=Move.WATCH, lasts=environment.watch)


def _batches(environment: Environment, hosts: list[HostName]) -> Iterator[Leg]:
    """A host that is drained is so from before anything is at work there until the new release has its traffic; the
    watch wants to see it with traffic."""
    size = batch_size(environment.rollout.batch, len(hosts))
    moves: tuple[Move, ...] = (Move.START, Move.GATE, Move.SHIFT)
    if environment.balancer and environment.balancer.drain:
        moves = (Move.DRAIN, *moves, Move.UNDRAIN)
    for at in range(0, len(hosts), size):
        batch = tuple(hosts[at : at + size])
        yield from (Leg(move=move, hosts=batch) for move in moves)
        lasts = environment.watch if at + size >= len(hosts) else environment.rollout.wait
        if lasts:
            yield Leg(move=Move.WATCH, hosts=tuple(hosts[: at + size]), lasts=lasts)


def _waiting(environment: Environment, *, back: bool, canary: bool = False) -> tuple[Leg, ...]:
    """Where a person promotes: a canary before it gets everything, any other release before the commit."""
    manual = environment.rollout.promote is Promotion.MANUAL and not back
    at_canary = environment.strategy is Strategy.CANARY
    return (Leg(move=Move.HOLD),) if manual and at_canary is canary else ()


def is_ready(slot: SlotSeen, wanted: ReleaseId) -> bool:
    return slot.release == wanted and is_warm(slot)


def is_warm(slot: SlotSeen) -> bool:
    """Whether every process of the slot is up, so that traffic can return at once."""
    return slot.state in UP and all(process.state == "running" for process in slot.processes)
