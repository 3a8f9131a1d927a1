"""What is still to be told on tickets, folded from events."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from ecluse.model.events.deployments import DeploymentCommitted, DeploymentReverted, DeploymentStuck
from ecluse.model.events.event import Event
from ecluse.model.events.releases import ReleasePublished
from ecluse.model.events.tickets import TicketPutOff, TicketsNamed, TicketTold, TrackerFailed
from ecluse.model.notices import Outbox, noticed

AT = datetime(2030, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Record:
    number: int
    at: datetime
    event: Event


def folded(*facts):
    outbox = Outbox()
    for number, fact in enumerate(facts, 1):
        outbox = noticed(outbox, Record(number, AT + timedelta(minutes=number), fact))
    return outbox


def named(*keys, awaits="", happening="deploy", environment="production"):
    return TicketsNamed(
        environment=environment, release="r-1", version="1.4.0", happening=happening, awaits=awaits,
        tickets=dict.fromkeys(keys, "abc1234"),
    )  # fmt: skip


def told(notice, key, outcome="told"):
    return TicketTold(notice=notice, version="1.4.0", happening="deploy", ticket=key, outcome=outcome)


COMMITTED = DeploymentCommitted(environment="production", deployment="d-1", release="r-1", version="1.4.0", slot="blue")
REVERTED = DeploymentReverted(
    environment="production", deployment="d-1", release="r-1", version="1.4.0", why="bad", serving="r-0"
)


def stuck(serving):
    return DeploymentStuck(
        environment="production", deployment="d-1", release="r-1", version="1.4.0", why="bad", serving=serving
    )


def due(outbox):
    return [tuple(notice.tickets) for notice in outbox.due]


def test_a_release_is_due_at_once():
    assert due(folded(named("A-1", "A-2", happening="release", environment=""))) == [("A-1", "A-2")]


def test_a_release_that_is_to_be_published_is_due_when_it_is():
    before = named("A-1", awaits="sha256:i", happening="release", environment="")
    other = ReleasePublished(release="r-0", version="1.3.0", intent="sha256:o")
    assert due(folded(before, other)) == []
    (notice,) = folded(before, replace(other, intent="sha256:i")).due
    assert notice.at == AT + timedelta(minutes=2)


def test_one_that_was_given_up_goes_with_the_next_release():
    facts = [named(key, awaits=f"sha256:{key}", happening="release", environment="") for key in ("A-1", "A-2")]
    assert [tuple(one.tickets) for one in folded(*facts).notices.values()] == [("A-2",)]


def test_a_deployment_is_due_when_it_is_committed():
    before = named("A-1", awaits="d-1")
    assert due(folded(before)) == []
    (notice,) = folded(before, COMMITTED).due
    assert notice.at == AT + timedelta(minutes=2)


def test_one_that_was_undone_is_never_told():
    assert folded(named("A-1", awaits="d-1"), REVERTED) == Outbox()
    assert folded(named("A-1", awaits="d-1"), stuck("r-0")) == Outbox()


def test_one_that_could_not_be_undone_is_told():
    assert due(folded(named("A-1", awaits="d-1"), stuck("r-1"))) == [("A-1",)]


def test_one_whose_deployer_died_goes_with_the_next():
    facts = (named("A-1", awaits="d-0"), named("A-2", awaits="d-1"), named("A-3", awaits="d-1", happening="rollback"))
    assert [tuple(one.tickets) for one in folded(*facts).notices.values()] == [("A-2",), ("A-3",)]


def test_one_of_another_environment_goes_on_waiting():
    facts = (named("A-1", awaits="d-0", environment="staging"), named("A-2", awaits="d-1"))
    assert len(folded(*facts).notices) == 2


def test_a_ticket_that_is_told_goes_and_the_notice_with_the_last():
    facts = (named("A-1", "A-2"), told(1, "A-1"))
    assert due(folded(*facts)) == [("A-2",)]
    assert folded(*facts, told(1, "A-2", "refused")) == Outbox()


def test_only_the_notice_that_was_told_loses_its_ticket():
    assert due(folded(named("A-1"), named("A-1", happening="rollback"), told(2, "A-1"))) == [("A-1",)]


def test_nothing_named_is_nothing_to_tell():
    assert folded(named()) == Outbox()


def test_what_was_put_off_is_known_until_it_is_told():
    late = TicketPutOff(notice=1, ticket="A-1", code="T004", why="no")
    assert folded(named("A-1", "A-2"), late, late).late == {"A-1"}
    assert folded(named("A-1", "A-2"), late, told(1, "A-1")).late == set()
    assert folded(late) == Outbox()


@pytest.mark.parametrize(("failures", "seconds"), [(1, 30), (2, 60), (3, 120), (8, 3600), (40, 3600)])
def test_a_tracker_that_fails_is_asked_ever_more_seldom(failures, seconds):
    facts = [TrackerFailed(code="T001", why="away")] * failures
    tracker = folded(named("A-1"), *facts).tracker
    assert (tracker.failures, tracker.again_at() - tracker.at) == (failures, timedelta(seconds=seconds))


def test_a_tracker_that_wants_to_be_left_alone_is():
    tracker = folded(TrackerFailed(code="T006", why="busy", patience=900)).tracker
    assert tracker.again_at() - tracker.at == timedelta(seconds=900)


def test_a_tracker_that_took_something_is_asked_again_at_once():
    assert folded(named("A-1", "A-2"), TrackerFailed(code="T001", why=""), told(1, "A-1")).tracker.again_at() is None
