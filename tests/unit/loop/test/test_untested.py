"""Whether any test stands in the way."""

import pytest

from ecluse.loop.test.untested import untested
from ecluse.model.app import App, Step


def app(*steps):
    return App(name="shop", processes=(), steps=steps)


def test_a_test_that_is_a_gate_is_nothing_to_say():
    assert untested(app(Step(name="test", command=("x",), group="test")), ("test",)) is None


@pytest.mark.parametrize(
    ("step", "gates", "said"),
    [
        (None, (), "declares no step of the group `test`"),
        (Step(name="test", command=("x",), group="test", gate=False, why_off="slow"), (), "test is no gate: slow"),
        (Step(name="test", command=("x",), group="test"), ("lint",), "`gates` don't name test"),
    ],
)
def test_that_no_test_is_a_gate_is_said_and_stops_nothing(step, gates, said):
    verdict = untested(app(*filter(None, [step])), gates)
    assert said in verdict.evidence[0]
    assert str(verdict.answer) == "not_checked"
    assert not verdict.stops
