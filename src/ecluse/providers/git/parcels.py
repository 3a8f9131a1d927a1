"""How many files go at once. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ecluse.model.ids import Digest

MANY, LARGE = 500, 256_000_000
"""Of arguments to git, and of bytes: forges take 2 GB by one push, and the machine has them twice meanwhile."""


def parcels(sizes: Mapping[Digest, int]) -> Iterator[tuple[Digest, ...]]:
    """In their order; one that is larger than a parcel goes alone."""
    parcel: list[Digest] = []
    load = 0
    for digest, size in sizes.items():
        if parcel and (len(parcel) == MANY or load + size > LARGE):
            yield tuple(parcel)
            parcel, load = [], 0
        parcel.append(digest)
        load += size
    if parcel:
        yield tuple(parcel)
