"""The new release under traffic, against the one before: processes, health, errors, latency."""

from __future__ import annotations

from dataclasses import dataclass

from ecluse.loop.deploy.fleet import on_each
from ecluse.loop.deploy.health import Expected, end_of, ended, failed, question_of, shown
from ecluse.loop.deploy.work import Work, expected_at
from ecluse.model.deployment import Leg, Place
from ecluse.model.ids import HostName
from ecluse.model.observed import Observed
from ecluse.model.verdict import Answer, Verdict

LOOK_EVERY = 0.2
FAILURES = 2
"""Bad answers in a row on one host that end a watch: one may be chance, two in a row are not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """`hold`: the watch could not tell, and a person shall."""

    verdict: Verdict
    hold: bool = False


async def watch(work: Work, leg: Leg) -> Watched:
    """Until the leg's time is over, its requests are answered, or something is wrong."""
    places = {place.host: place for place in work.deployment.at(leg)}
    expected = {host: await expected_at(work, place, place.slot) for host, place in places.items()}
    bad = dict.fromkeys(places, 0)
    clock = work.world.clock
    began = clock.monotonic()
    while not _is_over(leg, clock.monotonic() - began):
        seen = await on_each(places, lambda host: work.fleet.targets[host].observe())
        for error in seen.failed.values():
            raise error
        for host, place in places.items():
            if verdict := await _look(work, place, seen.done[host], expected[host], bad):
                return Watched(verdict=verdict)
        await clock.sleep(min(LOOK_EVERY, leg.lasts.total_seconds() or LOOK_EVERY))
    return Watched(verdict=Verdict(gate="watch", answer=Answer.PASSED, seconds=clock.monotonic() - began))


def _is_over(leg: Leg, waited: float) -> bool:
    return waited >= leg.lasts.total_seconds()


async def _look(
    work: Work, place: Place, seen: Observed, expected: Expected | None, bad: dict[HostName, int]
) -> Verdict | None:
    """What one look at one host finds wrong."""
    slot = seen.slot(place.slot)
    if dead := ended(slot):
        return failed("watch", end_of(dead), 0.0)
    if expected is None:
        return None
    answered = await work.target(place).ask(place.slot, question_of(expected.health))
    flaw = expected.flaw(answered)
    bad[place.host] = bad[place.host] + 1 if flaw else 0
    return failed("watch", shown(expected.health, answered, flaw, slot), 0.0) if bad[place.host] >= FAILURES else None
