"""What the public asked of a release that was undone, and how much of it failed."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest

from ecluse.loop.deploy.signals import Tally
from ecluse.model.counted import counted
from ecluse.model.judgement import Share
from ecluse.model.observed import Counters, SlotSeen
from ecluse.model.values import frozen
from ecluse.serving.servers import COUNTS


@frozen
class Answered:
    """While a release had traffic: `failed` hits in so many requests, on all hosts that could be asked. None: its
    server doesn't count, or no host could be asked. Health checks are none of them."""

    failed: Share | None = None

    def __str__(self) -> str:
        if self.failed is None:
            return "how many requests the new release answered isn't known: its server doesn't count them"
        if not self.failed.requests:
            return "the new release was sent no request meanwhile"
        requests = counted(self.failed.requests, "request")
        return f"the new release answered {requests} meanwhile, {self.failed.hits:,} of them failed (5xx or no answer)"


def answered(slots: Iterable[SlotSeen]) -> Answered:
    """By the slots in which it ran, each looked at once."""
    found = tuple(slots)
    if not any(COUNTS in slot.guarantees or slot.counters.requests for slot in found):
        return Answered()
    return Answered(failed=Tally.of(total(slot.counters for slot in found)).failed)


def latest(before: SlotSeen, after: SlotSeen) -> SlotSeen:
    """The same slot looked at twice, with what it counted last: an older keeper forgets that with the release."""
    return after if after.counters.requests > before.counters.requests else before


def total(counters: Iterable[Counters]) -> Counters:
    requests, statuses, buckets = 0, dict[str, int](), tuple[int, ...]()
    for one in counters:
        requests += one.requests
        statuses = {name: statuses.get(name, 0) + one.statuses.get(name, 0) for name in {*statuses, *one.statuses}}
        buckets = tuple(map(sum, zip_longest(buckets, one.buckets, fillvalue=0)))
    return Counters(requests=requests, statuses=statuses, buckets=buckets)
