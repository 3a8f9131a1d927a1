"""Which moves are left."""

from datetime import UTC, datetime

import pytest

from ecluse.loop.deploy.plan import is_warm, plan_rollout
from ecluse.model.deployment import Move
from ecluse.model.ids import ReleaseId
from ecluse.model.observed import Observed, ProcessSeen, SlotSeen, SlotState
from ecluse.model.slot import Slot

OLD, NEW = ReleaseId("r-old"), ReleaseId("r-new")
UP = (ProcessSeen(name="web", pid=1, state="running"),)


def seen(*slots, serving=None):
    return Observed(at=datetime(2026, 1, 1, tzinfo=UTC), url="http://127.0.0.1:8000", slots=slots, serving=serving)


def test_an_empty_target_gets_every_move_in_blue():
    rollout = plan_rollout(seen(), NEW, migrates=True, back=False)
    assert rollout.slot is Slot.BLUE
    assert rollout.previous is None
    assert rollout.moves == tuple(Move)


def test_a_release_without_migration_has_no_such_move():
    assert Move.MIGRATE not in plan_rollout(seen(), NEW, migrates=False, back=False).moves


def test_the_new_release_goes_to_the_slot_that_does_not_serve():
    blue = SlotSeen(slot=Slot.BLUE, state=SlotState.RUNNING, release=OLD, weight=100, processes=UP)
    rollout = plan_rollout(seen(blue, serving=Slot.BLUE), NEW, migrates=False, back=False)
    assert (rollout.slot, rollout.previous) == (Slot.GREEN, Slot.BLUE)


def test_going_back_to_a_warm_release_only_shifts():
    blue = SlotSeen(slot=Slot.BLUE, state=SlotState.LAME, release=OLD, processes=UP)
    green = SlotSeen(slot=Slot.GREEN, state=SlotState.RUNNING, release=NEW, weight=100, processes=UP)
    rollout = plan_rollout(seen(blue, green, serving=Slot.GREEN), OLD, migrates=True, back=True)
    assert rollout.slot is Slot.BLUE
    assert rollout.moves == (Move.BEGIN, Move.GATE, Move.SHIFT, Move.WATCH, Move.COMMIT)


def test_a_deploy_never_takes_a_warm_release_for_a_fresh_one():
    blue = SlotSeen(slot=Slot.BLUE, state=SlotState.LAME, release=OLD, processes=UP)
    green = SlotSeen(slot=Slot.GREEN, state=SlotState.RUNNING, release=NEW, weight=100, processes=UP)
    assert Move.START in plan_rollout(seen(blue, green, serving=Slot.GREEN), OLD, migrates=False, back=False).moves


def test_going_back_to_a_release_that_lost_a_process_starts_it_anew():
    dead = (ProcessSeen(name="web", pid=None, state="waiting"),)
    blue = SlotSeen(slot=Slot.BLUE, state=SlotState.LAME, release=OLD, processes=dead)
    green = SlotSeen(slot=Slot.GREEN, state=SlotState.RUNNING, release=NEW, weight=100, processes=UP)
    assert Move.START in plan_rollout(seen(blue, green, serving=Slot.GREEN), OLD, migrates=False, back=True).moves


@pytest.mark.parametrize("state", [SlotState.EMPTY, SlotState.STARTING, SlotState.STOPPING, SlotState.FAILED])
def test_only_a_slot_that_is_up_is_warm(state):
    assert not is_warm(SlotSeen(slot=Slot.BLUE, state=state, processes=UP))
