"""What counts say about a new release beside the old one, and what is done about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ecluse.model.counted import counted
from ecluse.model.rollout import AfterWatch
from ecluse.model.values import frozen

ERRORS = "errors"
"""The signal of requests that were answered with 5xx, or not at all."""


@dataclass(frozen=True, slots=True)
class Share:
    """So many hits in so many requests."""

    hits: int = 0
    requests: int = 0

    @property
    def rate(self) -> float:
        return self.hits / self.requests if self.requests else 0.0

    def __add__(self, other: Share) -> Share:
        return Share(self.hits + other.hits, self.requests + other.requests)

    def __str__(self) -> str:
        return f"{self.hits:,} of {self.requests:,} ({percent(self.rate)})"


@frozen
class Suspect:
    """The stretch of time that speaks loudest against the new release, up to now."""

    since: float
    """Seconds from the begin of the watch."""
    seen: Share
    expected: float
    """The highest share that the old release's counts allow."""
    ratio: float
    """How much likelier the counts are if the new release is worse."""
    threshold: float
    """The ratio that convicts; the later the stretch begins, the higher it is."""

    def __str__(self) -> str:
        return (
            f"{self.seen} since second {self.since:.0f}, at most {percent(self.expected)} expected; "
            f"likelihood ratio {_big(self.ratio)}, {_big(self.threshold)} convicts"
        )


@frozen
class Measured:
    """One signal. `new` is the whole watch, `old` all that the old release has counted."""

    signal: str
    """`errors`, or `slower than 50 ms`."""
    new: Share
    old: Share
    suspect: Suspect | None = None

    def __str__(self) -> str:
        return f"{self.signal}: {self.new} in the new release, {self.old} in the old"


@frozen
class Worse:
    """The new release is worse; final. `measured` is the signal that convicted."""

    measured: Measured
    seconds: float

    @property
    def evidence(self) -> tuple[str, ...]:
        return (f"worse after {self.seconds:.0f} s; {self.measured}", *_suspects(self.measured))


@frozen
class NotWorse:
    """Up to now. A release can still turn bad, so this doesn't end a watch early."""

    measured: tuple[Measured, ...]

    @property
    def evidence(self) -> tuple[str, ...]:
        return tuple(map(str, self.measured))


@frozen
class Inconclusive:
    """The counts neither convict nor acquit. `why` says what is missing, signal by signal."""

    measured: tuple[Measured, ...]
    why: tuple[str, ...]

    @property
    def evidence(self) -> tuple[str, ...]:
        return (self._in_short, *self.why, *map(str, self.measured))

    @property
    def _in_short(self) -> str:
        """What a reader of the timeline wants to know, who has heard of no test."""
        errors = next((measured for measured in self.measured if measured.signal == ERRORS), None)
        if errors is None or not errors.new.requests:
            return "no request was counted, so nothing says how it compares with the release before"
        seen = f"answered {counted(errors.new.requests, 'request')}, {errors.new.hits:,} failed"
        if not errors.old.requests:
            return f"{seen}; the release before has counted none to compare it with"
        return f"{seen}; not enough to be sure how it compares with the release before"


Judgement = Worse | NotWorse | Inconclusive


def what_follows(judgement: Judgement, unclear: AfterWatch) -> AfterWatch:
    """What happens to the release. `unclear` is the environment's wish for an inconclusive watch."""
    match judgement:
        case Worse():
            return AfterWatch.UNDO
        case NotWorse():
            return AfterWatch.PROMOTE
        case Inconclusive():
            return unclear


def percent(rate: float) -> str:
    return f"{100 * rate:.3g} %"


def _suspects(measured: Measured) -> Iterator[str]:
    if measured.suspect:
        yield f"{measured.signal}: {measured.suspect}"


def _big(number: float) -> str:
    return f"{number:,.0f}" if number < 1e6 else f"{number:.1e}"  # noqa: PLR2004
