"""How far another clock is off, and when that is a Problem."""

import pytest

from ecluse.model.ids import HostName
from ecluse.model.skew import clock_off, skew


@pytest.mark.parametrize(("clock", "seconds"), [(100.0, 0.0), (103.0, 0.0), (105.0, 1.0), (98.5, -1.5)])
def test_a_clock_that_was_within_our_question_may_be_right(clock, seconds):
    assert skew(clock, 100.0, 104.0) == seconds


@pytest.mark.parametrize(
    ("seconds", "told"), [(3600.0, "60.0 min ahead of"), (-40.0, "40 s behind"), (-7300.0, "2.0 h behind")]
)
def test_much_is_told_with_the_host(seconds, told):
    problem = clock_off(HostName("web1"), seconds)
    assert (problem.code, problem.what) == ("H014", f"the clock of web1 is {told} ours")


def test_little_is_not():
    assert clock_off(HostName("web1"), -29.0) is None
