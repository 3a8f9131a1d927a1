"""A deployment makes its legs in order."""

from datetime import timedelta

import pytest

from ecluse.model.deployment import Deployment, IllegalMoveError, Leg, Move, Place, leg_from_text
from ecluse.model.ids import DeploymentId, HostName, ReleaseId
from ecluse.model.slot import Slot

A, B = (Place(host=HostName(name), slot=Slot.BLUE, previous=None) for name in "ab")


def deployment(*moves):
    legs = tuple(Leg(move=move) for move in moves)
    return Deployment(id=DeploymentId("d-1"), release=ReleaseId("r-1"), places=(A, B), legs=legs)


def test_legs_are_made_in_the_order_of_the_plan():
    made = deployment(Move.STAGE, Move.BEGIN, Move.START).after(Leg(move=Move.STAGE)).after(Leg(move=Move.BEGIN))
    assert [leg.move for leg in made.made] == [Move.STAGE, Move.BEGIN]
    assert [leg.move for leg in made.left] == [Move.START]


@pytest.mark.parametrize("move", [Move.START, Move.COMMIT])
def test_a_leg_can_not_be_skipped(move):
    with pytest.raises(IllegalMoveError, match=f"can't {move} at the start"):
        deployment(Move.STAGE, Move.START, Move.COMMIT).after(Leg(move=move))


def test_nothing_comes_after_the_last_leg():
    last = Leg(move=Move.COMMIT)
    with pytest.raises(IllegalMoveError, match="after commit"):
        deployment(Move.COMMIT).after(last).after(last)


def test_what_is_only_staged_has_not_begun():
    staged = deployment(Move.STAGE, Move.BEGIN).after(Leg(move=Move.STAGE))
    assert not staged.has(Move.BEGIN)
    assert staged.after(Leg(move=Move.BEGIN)).has(Move.BEGIN)


def test_a_leg_is_about_all_hosts_or_those_it_names():
    assert deployment().at(Leg(move=Move.START)) == (A, B)
    assert deployment().at(Leg(move=Move.START, hosts=(B.host,))) == (B,)


def test_a_leg_is_read_back_from_its_text():
    leg = Leg(move=Move.WATCH, hosts=(A.host,), weight=5, lasts=timedelta(seconds=90), requests=7)
    assert leg_from_text(leg.to_text()) == leg
