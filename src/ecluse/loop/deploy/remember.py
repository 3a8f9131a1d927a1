"""What is told to the ledger when it no longer decides anything."""

from __future__ import annotations

from ecluse.model.events.event import Event
from ecluse.model.problem import ProblemError
from ecluse.ports.world import World


def remember(world: World, *found: Event) -> None:
    """A ledger that can't be written is a note: the hosts know, and whoever looks next records what they say."""
    try:
        world.ledger.append(*found)
    except ProblemError as error:
        world.reporter.note(f"! not recorded: {error}; the next command records what the hosts say")
