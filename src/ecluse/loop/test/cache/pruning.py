"""Which results go, when there are too many or nobody uses them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from ecluse.loop.test.cache.entry import CacheEntry, from_document
from ecluse.model.cache import CachePolicy
from ecluse.model.ids import Digest
from ecluse.ports.cache import Shelved, StepCache

UNDER_WAY = timedelta(hours=1)
"""Files younger than that may belong to a result that is just being put."""


class Result(NamedTuple):
    """`entry` is None where the document can't be read."""

    shelved: Shelved
    entry: CacheEntry | None


def prune(cache: StepCache, policy: CachePolicy, now: datetime) -> int:
    """Remove what the policy lets go, then the files that no result names. Safe beside runs that put and get.

    How many bytes may be put before it is due again: a twentieth of all room at least, or a cache that is full would be
    looked through after each run.
    """
    results = [Result(shelved, from_document(document)) for shelved, document in cache.documents()]
    keys = frozenset(going(results, policy, now))
    cache.remove(*keys)
    left = [result for result in results if result.shelved.key not in keys]
    named = files_of(left)
    gone = files_of(result for result in results if result.shelved.key in keys)
    cache.sweep(frozenset(named), now - UNDER_WAY, frozenset(gone))
    taken = sum(result.shelved.size for result in left) + sum(named.values())
    return max(policy.size - taken, policy.size // 20)


def files_of(results: Iterable[Result]) -> dict[Digest, int]:
    """Each once, with its size."""
    return {digest: size for result in results if result.entry for digest, size in result.entry.files}


def going(results: Iterable[Result], policy: CachePolicy, now: datetime) -> Iterator[str]:
    """The keys of those that go: unreadable, unused for too long, or too many, the longest unused first. Pure. A file
    that several name takes room once."""
    room, counted = policy.size, set[Digest]()
    for shelved, entry in sorted(results, key=lambda result: result.shelved.used, reverse=True):
        if entry is None or now - shelved.used > policy.age:
            yield shelved.key
            continue
        new = {digest: size for digest, size in entry.files if digest not in counted}
        wanted = shelved.size + sum(new.values())
        if wanted > room:
            yield shelved.key
            continue
        room -= wanted
        counted |= new.keys()
