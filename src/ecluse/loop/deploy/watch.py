"""The new release under traffic, beside the one before: processes, health, errors, latency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ecluse.loop.deploy.answered import total
from ecluse.loop.deploy.health import Expected, end_of, ended, failed, question_of, shown
from ecluse.loop.deploy.judge import Judge, Sample, SequentialTest
from ecluse.loop.deploy.threshold import FixedThreshold
from ecluse.loop.deploy.work import Work, at_one, expected_at, told
from ecluse.loop.each import on_each
from ecluse.model.deployment import Leg, Place
from ecluse.model.ids import HostName
from ecluse.model.judgement import Inconclusive, Judgement, Worse, what_follows
from ecluse.model.observed import Observed
from ecluse.model.rollout import AfterWatch, JudgeKind, Rollout
from ecluse.model.values import frozen
from ecluse.model.verdict import Answer, Verdict
from ecluse.serving.servers import COUNTS

LOOK_EVERY = 0.2
FAILURES = 2
"""Bad answers in a row on one host that end a watch: one may be chance, two in a row are not."""


@frozen
class Watched:
    """`hold`: the counts don't tell, and a person shall."""

    verdict: Verdict
    hold: bool = False


async def watch(work: Work, leg: Leg) -> Watched:
    """Until the leg's time is over, its requests are answered, or something is wrong on one of its hosts."""
    places = {place.host: place for place in work.deployment.at(leg)}
    expected = {host: await at_one(work, host, expected_at(work, place, place.slot)) for host, place in places.items()}
    judge = judge_of(work.one.environment.rollout)
    bad = dict.fromkeys(places, 0)
    clock, before = work.world.clock, None
    began = clock.monotonic()
    while True:
        work.lease.grant()  # whoever was evicted has nothing to watch any more
        seen = await _look_at_all(work)
        waited = clock.monotonic() - began
        for host, place in places.items():
            if verdict := await _ill(work, place, seen[host], expected[host], bad):
                return Watched(verdict=replace(verdict, seconds=waited))
        sample = sample_of(work, tuple(places.values()), seen, waited)
        judge, before = judge.after(sample), sample.new.requests if before is None else before
        work.world.reporter.waits(leg.move, standing(leg, waited, sample.new.requests - before))
        if isinstance(judge.judgement, Worse) or _is_over(work, leg, waited, sample.new.requests - before):
            counts = any(COUNTS in seen[host].slot(place.slot).guarantees for host, place in places.items())
            return _concluded(judge.judgement, work.one.environment.rollout, waited, counts=counts)
        await clock.sleep(min(LOOK_EVERY, leg.lasts.total_seconds() or LOOK_EVERY))


def standing(leg: Leg, waited: float, answered: int) -> str:
    """How a watch stands."""
    wanted = f" of {leg.requests:,}" if leg.requests else ""
    lasts = f" of {leg.lasts.total_seconds():.0f} s" if leg.lasts else ""
    return f"{waited:.0f} s{lasts}, {answered:,}{wanted} requests answered"


def judge_of(rollout: Rollout) -> Judge:
    return FixedThreshold(limit=rollout.error_limit) if rollout.judge is JudgeKind.THRESHOLD else SequentialTest()


def sample_of(work: Work, places: tuple[Place, ...], seen: Mapping[HostName, Observed], waited: float) -> Sample:
    """The new release on the hosts that are watched, against the one before on all of them."""
    new = total(seen[place.host].slot(place.slot).counters for place in places)
    before = [place for place in work.deployment.places if place.previous not in (None, place.slot)]
    old = total(seen[place.host].slot(place.slot.other).counters for place in before)
    return Sample(waited, new, old)


def _is_over(work: Work, leg: Leg, waited: float, answered: int) -> bool:
    """Requests that never come are waited for as long as a person would be."""
    if not leg.requests:
        return waited >= leg.lasts.total_seconds()
    return answered >= leg.requests or waited >= work.one.environment.rollout.promote_within.total_seconds()


def _concluded(judgement: Judgement, rollout: Rollout, waited: float, *, counts: bool) -> Watched:
    follows = what_follows(judgement, rollout.inconclusive)
    answer = Answer.FAILED if follows is AfterWatch.UNDO else Answer.PASSED
    verdict = Verdict(gate="watch", answer=answer, evidence=_facts(judgement, counts=counts), seconds=waited)
    return Watched(verdict=verdict, hold=follows is AfterWatch.HOLD)


def _facts(judgement: Judgement, *, counts: bool) -> tuple[str, ...]:
    if isinstance(judgement, Inconclusive) and not any(measured.new.requests for measured in judgement.measured):
        why = "no requests came to be judged" if counts else "its server counts no requests"
        return (f"healthy throughout; {why}",)
    return judgement.evidence


async def _look_at_all(work: Work) -> Mapping[HostName, Observed]:
    found = await on_each(work.running, lambda host: work.fleet.targets[host].observe())
    for host, error in found.failed.items():
        raise told(work, host, error)
    return found.done


async def _ill(
    work: Work, place: Place, seen: Observed, expected: Expected | None, bad: dict[HostName, int]
) -> Verdict | None:
    """What one look at one host finds wrong: a process that ended, or health that fails time and again."""
    slot = seen.slot(place.slot)
    where = "" if work.fleet.is_single else f"{place.host}: "
    if dead := ended(slot, place.restarts):
        return failed("watch", (where + line for line in end_of(dead)), 0.0)
    if expected is None:
        return None
    answered = await at_one(work, place.host, work.target(place).ask(place.slot, question_of(expected.health)))
    flaw = expected.flaw(answered)
    bad[place.host] = bad[place.host] + 1 if flaw else 0
    if bad[place.host] < FAILURES:
        return None
    return failed("watch", (where + line for line in shown(expected.health, answered, flaw, slot)), 0.0)
