"""Which moves are left to serve a release. Pure: looked at again after a crash, it gives what remains."""

from __future__ import annotations

from dataclasses import dataclass

from ecluse.model.deployment import Move
from ecluse.model.ids import ReleaseId
from ecluse.model.observed import Observed, SlotSeen, SlotState
from ecluse.model.slot import Slot

UP = frozenset({SlotState.RUNNING, SlotState.LAME})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """`previous` is the slot to go back to, None when nothing served before."""

    slot: Slot
    previous: Slot | None
    moves: tuple[Move, ...]


def plan_rollout(seen: Observed, wanted: ReleaseId, *, migrates: bool, back: bool) -> Rollout:
    """Going `back` to a release that is still warm in the other slot is only a shift; anything else is all moves.

    A deploy of what serves already is all moves too: its settings may have changed.
    """
    other = seen.slot(seen.free)
    if back and other.release == wanted and is_warm(other):
        moves = (Move.BEGIN, Move.GATE, Move.SHIFT, Move.WATCH, Move.COMMIT)
        return Rollout(slot=other.slot, previous=seen.serving, moves=moves)
    migrate = (Move.MIGRATE,) if migrates else ()
    moves = (Move.STAGE, Move.BEGIN, *migrate, Move.START, Move.GATE, Move.SHIFT, Move.WATCH, Move.COMMIT)
    return Rollout(slot=seen.free, previous=seen.serving, moves=moves)


def is_warm(slot: SlotSeen) -> bool:
    """Whether every process of the slot is up, so that traffic can return at once."""
    return slot.state in UP and all(process.state == "running" for process in slot.processes)
