"""How often each judge is wrong, and how soon it is right: RUNS simulated watches of 60 s per case.

The judges: a fixed limit of 1 % errors, Mann-Whitney on the error rates of seconds, and Écluse's sequential test. Each
sees the same traffic, made from seeds: the figures are the same in every run. The old release has been counted for an
hour. A regression begins at second 0, or at second 20 where the case says so.
Usage: python benchmarks/judge.py [RUNS]
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from bench_shop import table

from ecluse.loop.deploy.judge import Judge, Sample, SequentialTest
from ecluse.loop.deploy.signals import Tally
from ecluse.loop.deploy.threshold import FixedThreshold
from ecluse.model.judgement import Worse
from ecluse.testing.traffic import Traffic, counters, watched
from ecluse.wire.page import BOUNDS

WATCH = 60
BASELINE = 3600.0
RATES = (5, 50, 200)
BASES = (0.0, 0.001, 0.01, 0.03)


@dataclass(frozen=True)
class Watched:
    """One run: the samples of the watch, and the error rates of the old release's last minute."""

    samples: tuple[Sample, ...]
    before: tuple[float, ...]


def main(runs: int) -> None:
    judges = {
        "fixed 1 %": first_time(FixedThreshold()),
        "Mann-Whitney": mann_whitney,
        "sequential": first_time(SequentialTest()),
    }
    rows = [
        (name, *(alarms(judge, watches) for judge in judges.values()))
        for name, traffic in unchanged()
        for watches in [[run(traffic, traffic, 0, seed) for seed in range(runs)]]
    ]
    table(f"false alarms: an unchanged release, {runs} watches of {WATCH} s", ("case", *judges), rows)
    rows = [
        (name, *(catches(judge, watches, turn) for judge in judges.values()))
        for name, before, after, turn in regressions()
        for watches in [[run(before, after, turn, seed) for seed in range(runs)]]
    ]
    title = f"catches: share of {runs} watches, and seconds from the regression to the verdict (median, slowest tenth)"
    table(title, ("case", *judges), rows)


def unchanged() -> Iterator[tuple[str, Traffic]]:
    for rate in RATES:
        for base in BASES:
            yield f"{rate} requests/s, {100 * base:g} % errors", Traffic(rate=rate, errors=base)
    yield "200 requests/s, 0.1 % errors, load twice as uneven", Traffic(rate=200, errors=0.001, noise=0.3)


def regressions() -> Iterator[tuple[str, Traffic, Traffic, int]]:
    for rate in RATES:
        for base, times in ((0.001, 20), (0.01, 4), (0.01, 20), (0.03, 4)):
            good = Traffic(rate=rate, errors=base)
            yield f"{rate} requests/s, {100 * base:g} % errors × {times}", good, replace(good, errors=base * times), 0
    good = Traffic(rate=200, errors=0.001)
    yield "200 requests/s, 5 % errors from second 20", good, replace(good, errors=0.05), 20
    yield "200 requests/s, 3 × slower from second 20", good, replace(good, median=3 * good.median), 20
    yield "200 requests/s, 1.2 × slower from second 20", good, replace(good, median=1.2 * good.median), 20


def run(before: Traffic, after: Traffic, turn: int, seed: int) -> Watched:
    old = counters(before, BASELINE, BOUNDS, seed=-1 - seed)
    last = watched(before, before, WATCH, WATCH, BOUNDS, seed=10**6 + seed)
    new = watched(before, after, turn, WATCH, BOUNDS, seed)
    return Watched(
        samples=tuple(Sample(float(second), totals, old) for second, totals in enumerate(new)),
        before=tuple(rates(map(Tally.of, last))),
    )


def first_time(judge: Judge) -> Callable[[Watched], float | None]:
    """The second at which this judge says worse."""

    def look(case: Watched) -> float | None:
        seen = judge
        for sample in case.samples:
            seen = seen.after(sample)
            if isinstance(seen.judgement, Worse):
                return sample.seconds
        return None

    return look


def mann_whitney(case: Watched) -> float | None:
    """Each 10 s, all seconds so far against the old release's minute, one-sided at 1 %."""
    new = tuple(rates(Tally.of(sample.new) for sample in case.samples))
    for until in range(10, WATCH + 1, 10):
        if larger(new[:until], case.before) < 0.01:
            return float(until)
    return None


def rates(tallies) -> Iterator[float]:
    for before, now in pairwise(tallies):
        added = now.since(before)
        yield added.failed.rate


def larger(first: tuple[float, ...], second: tuple[float, ...]) -> float:
    """The p-value of `first` being larger, by the normal approximation with its corrections for ties and continuity."""
    ranks, ties = ranked(first + second)
    n, m = len(first), len(second)
    u = sum(ranks[:n]) - n * (n + 1) / 2
    variance = n * m / 12 * (n + m + 1 - ties / ((n + m) * (n + m - 1)))
    if variance <= 0:
        return 1.0
    return 1 - statistics.NormalDist().cdf((u - n * m / 2 - 0.5) / variance**0.5)


def ranked(values: tuple[float, ...]) -> tuple[list[float], float]:
    """The mean rank of each value, and the sum of t³ - t over the groups of equal ones."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks, ties, at = [0.0] * len(values), 0.0, 0
    while at < len(order):
        end = at
        while end < len(order) and values[order[end]] == values[order[at]]:
            end += 1
        for index in order[at:end]:
            ranks[index] = (at + end + 1) / 2
        ties += (end - at) ** 3 - (end - at)
        at = end
    return ranks, ties


def alarms(judge: Callable[[Watched], float | None], cases: list[Watched]) -> str:
    return f"{100 * sum(judge(case) is not None for case in cases) / len(cases):.1f} %"


def catches(judge: Callable[[Watched], float | None], cases: list[Watched], turn: int) -> str:
    times = [when - turn for case in cases if (when := judge(case)) is not None and when > turn]
    share = f"{100 * len(times) / len(cases):.0f} %"
    if len(times) < 2:
        return share
    return f"{share}  {statistics.median(times):.0f} s, {statistics.quantiles(times, n=10)[-1]:.0f} s"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
