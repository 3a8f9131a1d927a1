"""What counts as a healthy answer."""

import pytest

from ecluse.loop.deploy.health import Expected, end_of, ended, restarts_of
from ecluse.model.app import Health
from ecluse.model.ids import Commit, Digest, Version
from ecluse.model.observed import ProcessSeen, SlotSeen
from ecluse.model.release import Release
from ecluse.model.slot import Slot
from ecluse.ports.target import Answered

RELEASE = Release(version=Version("1.2.3"), commit=Commit("abc"), bundle=Digest("sha256:b"), config=Digest("sha256:c"))


def expected(*, stamped=False, **health):
    return Expected(health=Health(path="/up", **health), release=RELEASE, stamped=stamped)


def test_a_plain_200_is_healthy():
    assert expected().flaw(Answered(status=200)) == ""


@pytest.mark.parametrize("status", [301, 302, 404, 500, 503])
def test_another_status_is_a_flaw_that_names_it(status):
    assert str(status) in expected().flaw(Answered(status=status))


def test_a_redirect_can_be_declared_healthy():
    assert expected(status=(200, 302)).flaw(Answered(status=302)) == ""


def test_no_answer_says_why():
    assert expected().flaw(Answered(status=0, why="connection refused")) == "no answer: connection refused"


def test_the_wrong_release_is_a_flaw_where_answers_are_stamped():
    flaw = expected(stamped=True).flaw(Answered(status=200, headers={"x-release": "1.2.2"}))
    assert flaw == "the wrong release answered: 1.2.2, wanted 1.2.3"


def test_an_answer_without_a_stamp_comes_from_somebody_else():
    assert "nobody of ours" in expected(stamped=True).flaw(Answered(status=200))


def test_the_body_must_hold_the_version_when_asked_to():
    wanting = expected(body='"version": "{version}"')
    assert wanting.flaw(Answered(status=200, body=b'{"version": "1.2.3"}')) == ""
    assert "lacks" in wanting.flaw(Answered(status=200, body=b'{"version": "1.2.2"}'))


def test_a_body_that_is_no_text_is_a_flaw_not_a_crash():
    assert expected(body="ok").flaw(Answered(status=200, body=b"\xff\xfe")) != ""


def test_a_restarted_process_counts_as_ended():
    restarted = ProcessSeen(name="web", pid=7, state="running", restarts=1, last_exit="exit 1", log_tail=("boom",))
    assert ended(SlotSeen(slot=Slot.BLUE, processes=(restarted,))) is restarted
    assert tuple(end_of(restarted)) == ("web ended: exit 1", "boom")


def test_what_it_had_been_through_before_doesn_t_count():
    once = SlotSeen(slot=Slot.BLUE, processes=(ProcessSeen(name="web", pid=7, state="running", restarts=1),))
    assert ended(once, restarts_of(once)) is None
    twice = SlotSeen(slot=Slot.BLUE, processes=(ProcessSeen(name="web", pid=8, state="running", restarts=2),))
    assert ended(twice, restarts_of(once)) is not None


def test_processes_that_run_have_not_ended():
    assert ended(SlotSeen(slot=Slot.BLUE, processes=(ProcessSeen(name="web", pid=7, state="running"),))) is None
