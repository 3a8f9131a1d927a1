"""A deployment makes its moves in order."""

import pytest

from ecluse.model.deployment import Deployment, IllegalMoveError, Move
from ecluse.model.ids import DeploymentId, ReleaseId
from ecluse.model.slot import Slot


def deployment(*moves):
    return Deployment(id=DeploymentId("d-1"), release=ReleaseId("r-1"), slot=Slot.BLUE, previous=None, moves=moves)


def test_moves_are_made_in_the_order_of_the_plan():
    made = deployment(Move.STAGE, Move.BEGIN, Move.START).after(Move.STAGE).after(Move.BEGIN)
    assert made.made == (Move.STAGE, Move.BEGIN)
    assert made.left == (Move.START,)


@pytest.mark.parametrize("move", [Move.START, Move.COMMIT])
def test_a_move_can_not_be_skipped(move):
    with pytest.raises(IllegalMoveError, match=f"can't {move} at the start"):
        deployment(Move.STAGE, Move.START, Move.COMMIT).after(move)


def test_nothing_comes_after_the_last_move():
    with pytest.raises(IllegalMoveError, match="after commit"):
        deployment(Move.COMMIT).after(Move.COMMIT).after(Move.COMMIT)


def test_what_is_only_staged_has_not_begun():
    staged = deployment(Move.STAGE, Move.BEGIN).after(Move.STAGE)
    assert not staged.has_begun
    assert staged.after(Move.BEGIN).has_begun
