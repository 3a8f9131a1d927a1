"""One release moving into one environment: a state machine of moves, made in order, or undone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from ecluse.model.ids import DeploymentId, ReleaseId
from ecluse.model.slot import Slot


class Move(StrEnum):
    """In the order in which they are made; a deployment may leave some out."""

    STAGE = "stage"
    """Bring the release to the target, assembled and verified."""
    BEGIN = "begin"
    """Open the journal: from here on a vanished deployer means an undo."""
    MIGRATE = "migrate"
    START = "start"
    """Run the release in the free slot, without traffic."""
    GATE = "gate"
    """Ask that slot in private until it is healthy."""
    SHIFT = "shift"
    """All new connections go to it."""
    WATCH = "watch"
    COMMIT = "commit"
    """The point of no return."""


class IllegalMoveError(Exception):
    def __init__(self, move: Move, made: tuple[Move, ...]) -> None:
        after = f"after {made[-1]}" if made else "at the start"
        super().__init__(f"a deployment can't {move} {after}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """`moves` is the plan, `made` how far it got, the move under way included."""

    id: DeploymentId
    release: ReleaseId
    slot: Slot
    previous: Slot | None
    moves: tuple[Move, ...]
    made: tuple[Move, ...] = ()

    def after(self, move: Move) -> Deployment:
        """Raises IllegalMoveError for anything but the next move of the plan."""
        if self.left[:1] != (move,):
            raise IllegalMoveError(move, self.made)
        return replace(self, made=(*self.made, move))

    @property
    def left(self) -> tuple[Move, ...]:
        return self.moves[len(self.made) :]

    @property
    def has_begun(self) -> bool:
        """Whether the target knows of it, so that there may be something to undo."""
        return Move.BEGIN in self.made
