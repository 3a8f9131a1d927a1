"""Made-up traffic: what a release counts, second by second, by seed."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate
from math import exp, log, sqrt
from random import Random
from statistics import NormalDist

from ecluse.model.observed import Counters
from ecluse.model.values import frozen

Bounds = tuple[float, ...]

_MANY = 300
"""From here on a Poisson number is nearly normal."""
_NOTHING = 1e-12
_STEP = 0.05
"""Load is rounded to steps of so much in its logarithm, so that few distributions are needed."""


@frozen
class Traffic:
    """How a release behaves. Latencies are lognormal with a tail; all of a second share the load of that second."""

    rate: float
    """Requests per second, Poisson."""
    errors: float = 0.0
    """The share of requests that fail."""
    median: float = 0.02
    """Seconds."""
    spread: float = 0.5
    """Standard deviation of the logarithm of a latency."""
    tail: float = 0.01
    """The share of requests that take ten times as long."""
    noise: float = 0.15
    """How much the load of the machine varies, as `spread`; a second resembles the one before it."""


def counters(traffic: Traffic, seconds: float, bounds: Bounds, seed: int) -> Counters:
    """What a release has counted after so many seconds of it."""
    random = Random(seed)  # noqa: S311 - repeatable, not secret
    requests = traffic.rate * seconds
    buckets = tuple(_poisson(requests * share, random) for share in _average(traffic, bounds))
    return _counters(min(sum(buckets), _poisson(requests * traffic.errors, random)), buckets)


def watched(before: Traffic, after: Traffic, turn: int, seconds: int, bounds: Bounds, seed: int) -> Iterator[Counters]:
    """The totals of a release at second 0, 1, … `seconds`; it behaves as `before` until second `turn`."""
    random = Random(seed)  # noqa: S311 - repeatable, not secret
    total, load = _counters(0, (0,) * (len(bounds) + 1)), 0.0
    yield total
    for second in range(seconds):
        traffic = before if second < turn else after
        load = 0.8 * load + 0.6 * random.gauss(0, traffic.noise)
        shares = _shares(traffic, bounds, round(load / _STEP))
        # What is Poisson in sum is Poisson and independent in each part.
        added = [_poisson(traffic.rate * share, random) for share in shares]
        failed = total.statuses["5xx"] + _hits(sum(added), traffic.errors, random)
        total = _counters(failed, tuple(map(sum, zip(total.buckets, added, strict=True))))
        yield total


def _counters(failed: int, buckets: tuple[int, ...]) -> Counters:
    requests = sum(buckets)
    return Counters(requests=requests, statuses={"2xx": requests - failed, "5xx": failed}, buckets=buckets)


def _poisson(mean: float, random: Random) -> int:
    if mean > _MANY:
        return round(random.gauss(mean, sqrt(mean)))
    return bisect(_up_to(mean), random.random())


@lru_cache(maxsize=16384)
def _up_to(mean: float) -> tuple[float, ...]:
    """The chance of 0, of 1 or fewer, and so on, until nothing is left."""
    chances = [exp(-mean)]
    while len(chances) <= mean or chances[-1] > _NOTHING:
        chances.append(chances[-1] * mean / len(chances))
    return tuple(accumulate(chances))


def _hits(requests: int, share: float, random: Random) -> int:
    """A binomial number, by the gaps between hits."""
    if not 0 < share < 1:
        return requests if share else 0
    hits, at = 0, 0
    while (at := at + 1 + int(log(1 - random.random()) / log(1 - share))) <= requests:
        hits += 1
    return hits


@lru_cache(maxsize=4096)
def _shares(traffic: Traffic, bounds: Bounds, load: int) -> tuple[float, ...]:
    """The share of each bucket in a second with that load."""
    slower = exp(load * _STEP)
    faster = [*(_faster(traffic, bound / slower) for bound in bounds), 1.0]
    return tuple(share - before for before, share in zip([0.0, *faster], faster, strict=False))


@lru_cache(maxsize=64)
def _average(traffic: Traffic, bounds: Bounds) -> tuple[float, ...]:
    """The share of each bucket over all loads."""
    loads = NormalDist(0, max(traffic.noise, _NOTHING)).quantiles(50)
    rows = [_shares(traffic, bounds, round(load / _STEP)) for load in loads]
    return tuple(sum(column) / len(rows) for column in zip(*rows, strict=True))


def _faster(traffic: Traffic, bound: float) -> float:
    """The share of requests that take no longer than `bound`."""
    latency = NormalDist(log(traffic.median), traffic.spread)
    ordinary = latency.cdf(log(bound))
    return (1 - traffic.tail) * ordinary + traffic.tail * latency.cdf(log(bound / 10))
