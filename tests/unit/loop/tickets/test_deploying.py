"""A deployment in memory: its tickets are named before it moves, and due when it is committed."""

import pytest

from ecluse.providers.memory.script import unhealthy
from support.tickets import SHOP, Line


@pytest.fixture
def line(laptop):
    return Line(laptop)


def test_what_is_committed_is_due(line):
    assert line.deploy(line.release("1.0.0", "ABC-1")).committed
    assert line.due == [("deploy", "1.0.0", ["ABC-1"])]


def test_what_is_undone_is_never_told(line):
    line.deploy(line.release("1.0.0", "ABC-1"))
    bad = line.release("2.0.0", "ABC-2")
    line.laptop.memory.target.script("2.0.0", unhealthy())
    assert not line.deploy(bad).committed
    assert line.due == [("deploy", "1.0.0", ["ABC-1"])]
    assert [one for one in line.laptop.outbox.notices.values() if one.awaits] == []


def test_the_way_back_is_told_on_what_is_lost(line):
    first, second = line.release("1.0.0", "ABC-1"), line.release("2.0.0", "ABC-2")
    for release in (first, second, first):
        line.deploy(release)
    assert line.due == [
        ("deploy", "1.0.0", ["ABC-1"]), ("deploy", "2.0.0", ["ABC-2"]), ("rollback", "2.0.0", ["ABC-2"]),
    ]  # fmt: skip
    line.laptop.tell(SHOP)
    assert line.laptop.waiting == []


def test_a_tracker_is_not_asked_by_a_deployment(line):
    line.deploy(line.release("1.0.0", "ABC-1"))
    assert line.laptop.tracker.calls == []
