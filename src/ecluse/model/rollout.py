"""How a release comes to the hosts of an environment: the strategy and its details."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from ecluse.model.values import frozen


class Strategy(StrEnum):
    """How traffic moves to a new release."""

    BLUE_GREEN = "blue-green"
    """All at once, after the gate."""
    ROLLING = "rolling"
    """One batch of hosts after the other."""
    CANARY = "canary"
    """A growing share of new connections, on all hosts."""
    RECREATE = "recreate"
    """The old release is stopped first: nothing serves in between."""


class HostsDown(StrEnum):
    """How many of its hosts may be down for a deploy. Most of all must have the decision in any case."""

    ALL = "all"
    """None: all are wanted."""
    QUORUM = "quorum"
    """Those that are down when it begins are left out."""
    SKIP = "skip"
    """Those that are lost on the way, too."""


class Promotion(StrEnum):
    AUTO = "auto"
    MANUAL = "manual"
    """Before the last shift, or the commit, a person says `ecluse promote`."""


class AfterWatch(StrEnum):
    """What happens to a release at the end of its watch; also what an environment wants when the counts don't tell."""

    PROMOTE = "promote"
    HOLD = "hold"
    """Both releases stay as they are, and a person decides."""
    UNDO = "undo"


class JudgeKind(StrEnum):
    """How a watch tells a worse release from chance."""

    SEQUENTIAL = "sequential"
    """A sequential test against what the old release counted."""
    THRESHOLD = "threshold"
    """A fixed limit of errors; it can't tell a bad release from a busy day."""


@frozen
class CanaryStep:
    """A step of a canary: `weight` percent, for a time, or until the new release answered so many requests."""

    weight: int
    lasts: timedelta = timedelta()
    requests: int = 0


@frozen
class Rollout:
    """The details of a strategy. `batch` is a number of hosts (`2`) or a share of them (`25%`)."""

    batch: str = "1"
    wait: timedelta = timedelta(seconds=4)
    """How long each batch but the last is watched before the next one."""
    canary: tuple[CanaryStep, ...] = (
        CanaryStep(weight=5, lasts=timedelta(minutes=1)),
        CanaryStep(weight=25, lasts=timedelta(minutes=1)),
    )
    sticky: bool = False
    promote: Promotion = Promotion.AUTO
    promote_within: timedelta = timedelta(hours=1)
    """Afterwards what nobody promoted is undone."""
    judge: JudgeKind = JudgeKind.SEQUENTIAL
    error_limit: float = 0.01
    """Share of errors that the threshold allows."""
    inconclusive: AfterWatch = AfterWatch.PROMOTE
    """What a watch does that saw too little to judge."""


def batch_size(batch: str, hosts: int) -> int:
    """At least one; a share is rounded down."""
    size = hosts * int(batch[:-1]) // 100 if batch.endswith("%") else int(batch)
    return max(1, size)
