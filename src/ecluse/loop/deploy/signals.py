"""What is judged: errors, and answers slower than a bound that the old release's own latencies choose."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from operator import sub

from ecluse.loop.deploy.likelihood import divergence, highest, lowest, odds_times
from ecluse.model.judgement import Share
from ecluse.model.observed import Counters
from ecluse.wire.page import BOUNDS

BASELINE_DOUBT = 0.001
"""For each signal: how often the old release's true rate may be above the bound that is taken from its counts."""
SURE = 0.05
"""The doubt that is left when a release is called not worse."""

TOLERATED_ERRORS = 0.001
"""One error in a thousand requests never speaks against a release."""
PRIOR = Share(0, 50)
"""Added to the old release's errors: what is believed of one that has counted nothing. Alone it allows 13 %."""
ERRORS_TIMES = (2, 5, 20)
"""The regressions that are looked for, as factors of the odds."""
NOT_WORSE_TIMES = 5
ERRORS_MOST = 20
"""What one second may multiply a ratio by. It keeps one error, and one burst of them, far from the threshold."""

TOLERATED_SLOW = 0.01
"""One slow answer in a hundred never speaks against a release."""
SLOW_TIMES = 5
SLOW_MOST = 4
"""As ERRORS_MOST. Smaller, because a pause or a cold cache makes all answers of a second slow."""
ENOUGH_LATENCIES = 100
"""With fewer requests of the old release no bound can be chosen."""

ALMOST = 0.99
"""The highest share that is expected or tested: a ratio needs both outcomes to be possible."""


@dataclass(frozen=True, slots=True)
class Tally:
    """The part of Counters that is judged; a difference of two, or all since a release started."""

    requests: int = 0
    errors: int = 0
    buckets: tuple[int, ...] = ()

    @classmethod
    def of(cls, counters: Counters) -> Tally:
        failed = counters.statuses.get("5xx", 0) + counters.statuses.get("unanswered", 0)
        return cls(counters.requests, failed, counters.buckets)

    def since(self, before: Tally) -> Tally:
        """What was added. Counters that fell began anew with their slot: all of them is new."""
        if self.requests < before.requests or len(self.buckets) != len(before.buckets):
            return self
        added = tuple(map(sub, self.buckets, before.buckets))
        return Tally(self.requests - before.requests, max(0, self.errors - before.errors), added)

    @property
    def failed(self) -> Share:
        # A worker writes the status before the latency, and a look may fall in between.
        return Share(self.errors, max(self.requests, self.errors))

    def slower(self, bound: int) -> Share:
        """The requests above bound number `bound` of BOUNDS."""
        return Share(sum(self.buckets[bound + 1 :]), sum(self.buckets))


@dataclass(frozen=True, slots=True)
class Expected:
    """What an unchanged release may show, the rates that are tested against it, and what would acquit."""

    null: float
    worse: tuple[float, ...]
    acquits: float
    """A release whose share is surely below this one is not worse."""
    most: float
    """What one second may multiply the ratio by."""

    def beside(self, old: Share) -> Expected:
        """For one second in which the old release had traffic too: trouble that both share convicts nobody."""
        if old.rate <= self.null:
            return self
        null = min(old.rate, ALMOST)
        factors = (_odds(rate) / _odds(self.null) for rate in self.worse)
        return replace(self, null=null, worse=tuple(odds_times(null, factor) for factor in factors))


@lru_cache(maxsize=64)
def errors_expected(old: Share) -> Expected:
    null = min(ALMOST, max(TOLERATED_ERRORS, highest(old + PRIOR, BASELINE_DOUBT)))
    acquits = odds_times(max(TOLERATED_ERRORS, lowest(old, SURE)), NOT_WORSE_TIMES)
    return Expected(null, tuple(odds_times(null, factor) for factor in ERRORS_TIMES), acquits, ERRORS_MOST)


@lru_cache(maxsize=64)
def slow_expected(old: Tally, bound: int) -> Expected:
    """A release three times slower has at least the share that the old one has above the next lower bound."""
    # The bound was chosen by these counts: each of them must have been allowed for.
    null = min(ALMOST, max(TOLERATED_SLOW, highest(old.slower(bound), BASELINE_DOUBT / len(BOUNDS))))
    worse = max(min(ALMOST, old.slower(bound - 1).rate), odds_times(null, SLOW_TIMES))
    return Expected(null, (worse,), worse, SLOW_MOST)


@lru_cache(maxsize=64)
def telling_bound(old: Tally) -> int | None:
    """The number of the bound at which a release three times slower shows soonest; None when too little was counted.

    Up to the second bound (2 ms) all answers count as fast.
    """
    if sum(old.buckets) < ENOUGH_LATENCIES:
        return None

    def telling(bound: int) -> float:
        expected = slow_expected(old, bound)
        return divergence(expected.worse[0], expected.null)

    return max(range(1, len(BOUNDS)), key=telling)


def _odds(rate: float) -> float:
    return rate / (1 - rate)
