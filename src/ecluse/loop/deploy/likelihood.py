"""How likely counts are: bounds on a rate, and Wald's ratio with many starting points.

The ratio: A. Wald, Sequential Analysis (1947). That it may be looked at after each second without its error growing is
Ville's inequality: for an unchanged release it exceeds x at any time with a probability of 1/x at most. Since a release
can turn bad late, a test begins anew each second; start number t pays a factor of (t+1)(t+2), and as the inverses of
those sum to 1, all of them together keep the one error rate, however long the watch is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, inf, log

from ecluse.model.judgement import Share
from ecluse.model.values import frozen

_HALVINGS = 30


def odds_times(rate: float, factor: float) -> float:
    """`rate` with its odds multiplied: for a small rate `factor` times as much, and never above 1."""
    return factor * rate / (1 - rate + factor * rate)


def highest(share: Share, doubt: float) -> float:
    """What the true rate exceeds with a probability of `doubt` at most (Chernoff's bound); 1 without requests."""
    return _edge(share, share.rate, 1.0, log(1 / doubt))


def lowest(share: Share, doubt: float) -> float:
    """What the true rate falls below with a probability of `doubt` at most; 0 without requests."""
    return _edge(share, share.rate, 0.0, log(1 / doubt))


def divergence(rate: float, assumed: float) -> float:
    """What one request at `rate` says against `assumed` on average, in nats (Kullback and Leibler)."""
    return _part(rate, assumed) + _part(1 - rate, 1 - assumed)


def log_ratio(share: Share, null: float, worse: float) -> float:
    """How much likelier the share is at the rate `worse` than at `null`, as a logarithm."""
    return share.hits * log(worse / null) + (share.requests - share.hits) * log((1 - worse) / (1 - null))


def price(start: int) -> float:
    """The logarithm of what start number `start`, from 0, pays."""
    return log((start + 1) * (start + 2))


@dataclass(frozen=True, slots=True)
class Second:
    """What one signal counted in one second of the watch."""

    number: int
    began: float
    share: Share


@frozen
class Suspicion:
    """The best of all starting points, for one way of being worse."""

    score: float = -inf
    """Logarithm of the ratio, less the price of the start."""
    start: int = 0
    since: float = 0.0
    seen: Share = field(default_factory=Share)
    expected: float = 0.0

    def after(self, second: Second, null: float, worse: float, most: float) -> Suspicion:
        """With one more second in it, or begun anew with that second where the past speaks for the release.

        The second multiplies the ratio by `most` at most: requests that fail together may have one cause. Lowering a
        ratio keeps its bound.
        """
        fresh = -price(second.number)
        carried = self if self.score > fresh else Suspicion(score=fresh, start=second.number, since=second.began)
        return Suspicion(
            score=carried.score + min(log(most), log_ratio(second.share, null, worse)),
            start=carried.start,
            since=carried.since,
            seen=carried.seen + second.share,
            expected=max(carried.expected, null),
        )

    def convicts(self, doubt: float) -> bool:
        return self.score >= log(1 / doubt)

    def ratio(self) -> float:
        return exp(self.score + price(self.start))

    def threshold(self, doubt: float) -> float:
        return exp(log(1 / doubt) + price(self.start))


def _part(rate: float, assumed: float) -> float:
    if rate <= 0:
        return 0.0
    return rate * log(rate / assumed) if assumed > 0 else inf


def _edge(share: Share, inside: float, outside: float, allowed: float) -> float:
    """Where between a rate that fits and an impossible one the counts say `allowed` nats against it."""
    if not share.requests:
        return outside
    rate = inside
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        if share.requests * divergence(rate, middle) <= allowed:
            inside = middle
        else:
            outside = middle
    return outside
