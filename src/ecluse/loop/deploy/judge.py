"""New against old, on counts: a sequential likelihood-ratio test.

For a release that is no worse than the old one the probability of *worse*, at any time of a watch of any length, is
1 % at most: 2 × BASELINE_DOUBT for old counts that happened to flatter, and 2 × DOUBT for the test itself. This holds
for requests that fail independently; the most that one second may add is for those that don't.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import reduce
from typing import Protocol, Self

from ecluse.loop.deploy.likelihood import Second, Suspicion, highest
from ecluse.loop.deploy.signals import (
    ENOUGH_LATENCIES,
    ERRORS_TIMES,
    SURE,
    Expected,
    Tally,
    errors_expected,
    slow_expected,
    telling_bound,
)
from ecluse.model.counted import counted
from ecluse.model.judgement import ERRORS, Inconclusive, Judgement, Measured, NotWorse, Share, Suspect, Worse, percent
from ecluse.model.observed import Counters
from ecluse.model.values import frozen
from ecluse.wire.page import BOUNDS

DOUBT = 0.004
"""For each signal: how often the ratio of an unchanged release may reach its threshold, over the whole watch."""
STRIDE = 0.95
"""Samples are taken together until so many seconds have passed: a bit less than one, because sleeps jitter."""
HALF = 0.5
"""A release isn't acquitted while some stretch is this far on its way to the threshold, in logarithms."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One look: totals, as the target shows them.

    `seconds` is since the watch began. `old` is the baseline: all that the old release has counted; with a canary it
    goes on growing, after a blue/green shift it is what was counted before the shift, the same in each sample.
    """

    seconds: float
    new: Counters
    old: Counters


class Judge(Protocol):
    """Sees one sample after the other. A value: `after` returns the judge that has seen one more.

    What the new release had counted by the first sample (health checks) isn't judged. Once it is Worse, a judgement
    doesn't change any more.
    """

    def after(self, sample: Sample) -> Self: ...

    @property
    def judgement(self) -> Judgement: ...


def judged(judge: Judge, samples: Iterable[Sample]) -> Judgement:
    """What `judge` says after all samples, in order of time."""
    return reduce(lambda seen, sample: seen.after(sample), samples, judge).judgement


@frozen
class SequentialTest:
    """The judge to take."""

    first: Sample | None = None
    last: Sample | None = None
    number: int = 0
    """Seconds judged so far."""
    errors: tuple[Suspicion, ...] = (Suspicion(),) * len(ERRORS_TIMES)
    slow: tuple[Suspicion, ...] = (Suspicion(),)
    bound: int | None = None
    """Chosen once: counts above two different bounds don't add up."""
    convicted: Worse | None = None

    def after(self, sample: Sample) -> SequentialTest:
        if self.first is None or self.last is None:
            return replace(self, first=sample, last=sample)
        if self.convicted or sample.seconds - self.last.seconds < STRIDE:
            return self
        seen = self._weighed(sample, self.last)
        worse = seen._worse(sample.seconds)
        return replace(seen, convicted=worse) if worse else seen

    @property
    def judgement(self) -> Judgement:
        if self.convicted:
            return self.convicted
        measured, doubts = tuple(self._measured()), tuple(self._doubts())
        return Inconclusive(measured=measured, why=doubts) if doubts else NotWorse(measured=measured)

    def _weighed(self, sample: Sample, last: Sample) -> SequentialTest:
        new, old = _added(sample.new, last.new), Tally.of(sample.old)
        beside = old.since(Tally.of(last.old))
        errors = errors_expected(old.failed).beside(beside.failed)
        slow, bound = self.slow, telling_bound(old) if self.bound is None else self.bound
        if bound is not None:
            expected = slow_expected(old, bound).beside(beside.slower(bound))
            slow = _weighed(slow, Second(self.number, last.seconds, new.slower(bound)), expected)
        return SequentialTest(
            first=self.first,
            last=sample,
            number=self.number + 1,
            errors=_weighed(self.errors, Second(self.number, last.seconds, new.failed), errors),
            slow=slow,
            bound=bound,
        )

    def _worse(self, seconds: float) -> Worse | None:
        for number, suspicions in enumerate((self.errors, self.slow)):
            if any(suspicion.convicts(_doubt_each(suspicions)) for suspicion in suspicions):
                return Worse(measured=tuple(self._measured())[number], seconds=seconds)
        return None

    def _measured(self) -> Iterator[Measured]:
        if self.first is None or self.last is None:
            return
        new, old = _added(self.last.new, self.first.new), Tally.of(self.last.old)
        yield Measured(signal=ERRORS, new=new.failed, old=old.failed, suspect=_strongest(self.errors))
        if self.bound is not None:
            yield Measured(
                signal=f"slower than {_milliseconds(self.bound)}",
                new=new.slower(self.bound),
                old=old.slower(self.bound),
                suspect=_strongest(self.slow),
            )

    def _doubts(self) -> Iterator[str]:
        if self.last is None:
            yield "nothing was counted"
            return
        old = Tally.of(self.last.old)
        expected = [errors_expected(old.failed), *([] if self.bound is None else [slow_expected(old, self.bound)])]
        for measured, usual in zip(self._measured(), expected, strict=True):
            yield from _doubts_about(measured, usual)
        if self.bound is None:
            asked = counted(old.requests, "request")
            yield f"latency: the old release has counted {asked}, {ENOUGH_LATENCIES} are needed"


def _added(now: Counters, before: Counters) -> Tally:
    return Tally.of(now).since(Tally.of(before))


def _weighed(suspicions: tuple[Suspicion, ...], second: Second, expected: Expected) -> tuple[Suspicion, ...]:
    pairs = zip(suspicions, expected.worse, strict=True)
    return tuple(suspicion.after(second, expected.null, worse, expected.most) for suspicion, worse in pairs)


def _strongest(suspicions: tuple[Suspicion, ...]) -> Suspect:
    strongest = max(suspicions, key=lambda suspicion: suspicion.score)
    return Suspect(
        since=strongest.since,
        seen=strongest.seen,
        expected=strongest.expected,
        ratio=strongest.ratio(),
        threshold=strongest.threshold(_doubt_each(suspicions)),
    )


def _doubt_each(suspicions: tuple[Suspicion, ...]) -> float:
    return DOUBT / len(suspicions)


def _doubts_about(measured: Measured, expected: Expected) -> Iterator[str]:
    """What is in the way of calling this signal fine."""
    suspect = measured.suspect
    if suspect and suspect.ratio >= suspect.threshold**HALF:
        yield f"{measured.signal}: {suspect}"
    possible = highest(measured.new, SURE)
    if possible > expected.acquits:
        yield (
            f"{measured.signal}: too few to tell: {_counted(measured.new)}, up to {percent(possible)} is possible; "
            f"below {percent(expected.acquits)} would be no worse"
        )


def _counted(share: Share) -> str:
    return counted(share.requests, "request")


def _milliseconds(bound: int) -> str:
    return f"{1000 * BOUNDS[bound]:,.0f} ms"
