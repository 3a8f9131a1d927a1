"""What each leg does, on all its hosts at once. Every act may be repeated; one that says no raises MoveFailedError."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from ecluse.loop.deploy import health as gates
from ecluse.loop.deploy.balancing import put_back, take_out
from ecluse.loop.deploy.fleet import is_lost
from ecluse.loop.deploy.problems import not_put_back, sticky_refused, unanswered
from ecluse.loop.deploy.schema.migrate import migrate
from ecluse.loop.deploy.services import provided
from ecluse.loop.deploy.watch import watch as watched
from ecluse.loop.deploy.work import (
    Done,
    MayBeDecidedError,
    MoveFailedError,
    Work,
    everywhere,
    expected_at,
    saying,
    together,
    told,
)
from ecluse.loop.each import on_each
from ecluse.model.counted import sized
from ecluse.model.deployment import ALL, Leg, Move, Place
from ecluse.model.ids import HostName
from ecluse.model.problem import ProblemError
from ecluse.model.slot import Slot, Weights
from ecluse.model.verdict import Verdict
from ecluse.ports.target import Sent, SplitsTraffic


async def stage(work: Work, leg: Leg) -> Done:
    async def act(place: Place) -> Sent | None:
        target, running = work.target(place), work.running[place.host]
        await provided(target, work.lease.grant(), running.services, work.world)
        return await target.stage(work.lease.grant(), running, work.world.reporter.note)

    each = [sent for sent in (await everywhere(work, leg, act)).values() if sent]
    if not each:
        return Done()
    sent = Sent(size=sum(one.size for one in each), of=sum(one.of for one in each))
    where = "" if len(each) == 1 else f" to {len(each)} hosts"
    return Done(detail=f"sent {sized(sent.size)} of {sized(sent.of)}{where}", sent=sent)


async def begin(work: Work, leg: Leg) -> Done:
    async def act(place: Place) -> None:
        running = work.running[place.host]
        await work.target(place).begin(work.lease.grant(), work.deployment.id, running, place.slot, work.verb)

    await everywhere(work, leg, act)
    return Done(detail=_slots(work.deployment.at(leg)))


async def drain(work: Work, leg: Leg) -> Done:
    """Hosts without a web process are in no balancer."""
    places = [place for place in work.deployment.at(leg) if work.running[place.host].web is not None]
    settings = work.one.environment.balancer
    if settings is None or not places:
        return Done(detail="no balancer")
    return Done(detail=await take_out(work, [place.host for place in places], settings.drain_within))


async def undrain(work: Work, leg: Leg) -> Done:
    hosts = tuple(place.host for place in work.deployment.at(leg))
    if left := await put_back(work.fleet, work.lease, work.deployment.id, hosts):
        raise MoveFailedError(not_put_back(left))
    return Done()


async def halt(work: Work, leg: Leg) -> Done:
    async def act(place: Place) -> None:
        if place.previous is not None:
            await work.target(place).halt(work.lease.grant(), place.previous)

    await everywhere(work, leg, act)
    return Done(detail="nothing serves until the new release does")


async def start(work: Work, leg: Leg) -> Done:
    """The free slot may hold the same release with older settings: it must not be taken for the new one."""

    async def act(place: Place) -> None:
        target = work.target(place)
        if (await target.observe()).slot(place.slot).release is not None:
            await target.stop(work.lease.grant(), place.slot)
        await target.start(work.lease.grant(), work.running[place.host], place.slot)

    await everywhere(work, leg, act)
    return Done(detail=_slots(work.deployment.at(leg)))


async def gate(work: Work, leg: Leg) -> Done:
    environment = work.one.environment
    remark = (
        ""
        if work.app.web and work.app.web.health
        else (f" (no health check: {environment.unchecked or 'no web process'})")
    )

    async def act(place: Place) -> Verdict:
        target, expected = work.target(place), await expected_at(work, place, place.slot)
        say = saying(work, leg, place.host)
        if expected is None:
            return await gates.stays_up(target, place.slot, gates.UNCHECKED_TIME, work.world, say, place.restarts)
        return await gates.await_healthy(target, place.slot, expected, work.world, say, place.restarts)

    return _judged(together(work, await everywhere(work, leg, act)), remark)


async def shift(work: Work, leg: Leg) -> Done:
    """A share needs something to share with: where nothing served before, everything goes to the new release."""
    sticky = work.one.environment.rollout.sticky and leg.weight != ALL
    places = work.deployment.at(leg)
    for place in places if sticky else ():
        _require_sticky(work, place)

    async def act(place: Place) -> None:
        weight = ALL if place.previous in (None, place.slot) else leg.weight
        await work.target(place).route(work.lease.grant(), _weights(place.slot, weight), sticky=sticky)

    await everywhere(work, leg, act)
    return Done(detail=f"{leg.weight} % to {_slots(places)}")


async def watch(work: Work, leg: Leg) -> Done:
    """Where the counts don't tell and the environment wants a person, it waits as at HOLD."""
    found = await watched(work, leg)
    if found.hold:
        return replace(await hold(work, leg), verdict=found.verdict)
    return _judged(found.verdict)


async def hold(work: Work, leg: Leg) -> Done:
    """From here on nobody needs to stay: the targets keep it as it is until a person promotes or undoes it.

    All of them, also those that the leg isn't about: they have it open too, and would go back alone."""
    rollout = work.one.environment.rollout
    left = tuple(one.to_text() for one in work.deployment.left)

    async def act(place: Place) -> None:
        await work.target(place).hold(work.lease.grant(), work.deployment.id, rollout.promote_within, left)

    await everywhere(work, replace(leg, hosts=()), act)
    return Done(detail=f"for at most {rollout.promote_within}", hold=True)


async def decide(work: Work, leg: Leg) -> Done:
    """The commit point: the decision stands in the journals of most hosts. One that misses it catches up later.

    No answer is no refusal: the order may have arrived.
    """
    count, warm = work.fleet.of, work.one.environment.warm

    async def act(host: HostName) -> None:
        await work.fleet.targets[host].decide(work.lease.grant(), work.deployment.id, count, warm)

    found = await on_each([place.host for place in work.deployment.at(leg)], act)
    silent = {host: str(error) for host, error in found.failed.items() if is_lost(error)}
    if len(found.done) < work.fleet.majority <= len(found.done) + len(silent):
        raise MayBeDecidedError(unanswered(work.deployment.id, silent))
    if len(found.done) < work.fleet.majority:
        host, error = next(iter(found.failed.items()))
        raise told(work, host, error)
    detail = "" if work.fleet.is_single else f"on {len(found.done)} of {count} hosts"
    return Done(detail=detail, behind=_why(found.failed))


async def commit(work: Work, leg: Leg) -> Done:
    """Nothing is undone any more: a host that can't be reached is told of in the detail, and catches up later."""

    async def act(host: HostName) -> None:
        await work.fleet.targets[host].commit(work.lease.grant(), work.deployment.id, work.one.environment.warm)

    found = await on_each([place.host for place in work.deployment.at(leg)], act)
    return Done(detail=f"not on {', '.join(found.failed)}" if found.failed else "", behind=_why(found.failed))


ACTS: Mapping[Move, Callable[[Work, Leg], Awaitable[Done]]] = {
    Move.STAGE: stage,
    Move.BEGIN: begin,
    Move.MIGRATE: migrate,
    Move.DRAIN: drain,
    Move.HALT: halt,
    Move.START: start,
    Move.GATE: gate,
    Move.SHIFT: shift,
    Move.UNDRAIN: undrain,
    Move.WATCH: watch,
    Move.HOLD: hold,
    Move.DECIDE: decide,
    Move.COMMIT: commit,
}


def _why(failed: Mapping[HostName, ProblemError]) -> dict[HostName, str]:
    return {host: str(error) for host, error in failed.items()}


def _weights(slot: Slot, weight: int) -> Weights:
    return Weights(blue=weight, green=ALL - weight) if slot is Slot.BLUE else Weights(blue=ALL - weight, green=weight)


def _slots(places: tuple[Place, ...]) -> str:
    if len(places) == 1:
        return f"slot {places[0].slot}"
    slots = {place.slot for place in places}
    if len(slots) == 1:
        return f"slot {slots.pop()} on {len(places)} hosts"
    return ", ".join(f"{place.host}: {place.slot}" for place in places)


def _require_sticky(work: Work, place: Place) -> None:
    target = work.target(place)
    able = isinstance(target, SplitsTraffic) and target.sticky
    if not able or work.running[place.host].environment.address.startswith("127."):
        raise MoveFailedError(sticky_refused(work.one.environment.address))


def _judged(verdict: Verdict, remark: str = "") -> Done:
    return Done(detail="".join([*verdict.evidence[:1], remark]), verdict=verdict)
