"""Every point at which a release may be interrupted, by name, so that tests can reach each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ecluse.ports.world import World

MOVES = (
    "build",  # bundle, distributions, SBOM, signature: nothing but this machine's own has changed
    "keep",  # the bytes are in the store
    "claim",  # the version belongs to this commit
    "intend",  # what the release is to be is in the store: from here on it is adopted
    "record",  # the same in the ledger, before anything is seen outside
    "tag",
    "push",
    "upload",  # of each file
    "image",
    "announce",
    "attach",  # of each file
    "changelog",
    "close",
)
POINTS = tuple(f"{move}.{edge}" for move in MOVES for edge in ("before", "after"))


@contextmanager
def boundary(move: str, world: World) -> Iterator[None]:
    """Around one move; a move that fails isn't after it."""
    MOVES.index(move)
    world.outlets.reached(f"{move}.before")
    yield
    world.outlets.reached(f"{move}.after")
