"""What the target knows and the ledger doesn't."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ecluse.loop.deploy.fleet import Fleet, Seen
from ecluse.loop.deploy.settle import told, was_decided
from ecluse.model.events.deployments import DeploymentCommitted, DeploymentReverted, DeploymentStuck
from ecluse.model.events.environments import DifferenceSeen
from ecluse.model.history import DeploymentKnown, EnvironmentKnown
from ecluse.model.ids import DeploymentId, HostName, ReleaseId
from ecluse.model.observed import Finished, Observed, OpenDeployment, SlotSeen, SlotState
from ecluse.model.problem import Problem
from ecluse.model.slot import Slot

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OPEN = DeploymentKnown(
    id="d-1", environment="local", release="r-2", version="2", verb="ship", slot="green", started_at=NOW, number=1
)
BLUE = SlotSeen(slot=Slot.BLUE, state=SlotState.RUNNING, release=ReleaseId("r-1"), weight=100)
LOOK = Observed(at=NOW, url="", slots=(BLUE,), serving=Slot.BLUE)
SEEN = Seen(hosts={HostName("a"): LOOK})
LOST = Problem(code="K001", what="gone", fix="look")
UNDECIDED = OpenDeployment(
    id=DeploymentId("d-1"), release=ReleaseId("r-2"), version="2", slot=Slot.GREEN, previous=Slot.BLUE, generation=1,
    last_move="route",
)  # fmt: skip
DECIDED = replace(UNDECIDED, decided=True)


def of(**looks):
    return Seen(
        hosts={HostName(name): look for name, look in looks.items() if look is not LOST},
        lost={HostName(name): LOST for name, look in looks.items() if look is LOST},
    )


def with_open(opened):
    return replace(LOOK, open=opened)


def ended(outcome, why=""):
    return replace(LOOK, finished=(Finished(id=DeploymentId("d-1"), outcome=outcome, why=why, at=NOW),))


def test_nothing_is_told_where_both_agree():
    assert told(SEEN, EnvironmentKnown(name="local", serving="r-1")) == ()


def test_an_undo_that_the_target_made_alone_is_told_once():
    before = EnvironmentKnown(name="local", serving="r-1", deployments=(OPEN,))
    (event,) = told(of(a=ended("reverted", "the lease ended")), before)
    assert isinstance(event, DeploymentReverted)
    assert (event.deployment, event.why, event.serving) == ("d-1", "the lease ended", "r-1")
    after = replace(before, deployments=(replace(OPEN, outcome="reverted"),))
    assert told(of(a=ended("reverted", "the lease ended")), after) == ()


def test_a_commit_that_was_not_recorded_is_told():
    before = EnvironmentKnown(name="local", serving="r-1", deployments=(OPEN,))
    (event,) = told(of(a=ended("committed")), before)
    assert isinstance(event, DeploymentCommitted)


def test_another_release_than_remembered_is_a_difference():
    (event,) = told(SEEN, EnvironmentKnown(name="local", serving="r-0"))
    assert event == DifferenceSeen(environment="local", expected="r-0", found="r-1")


def test_one_that_was_kept_because_its_predecessor_was_ill_is_stuck():
    before = EnvironmentKnown(name="local", serving="r-1", deployments=(OPEN,))
    (event,) = told(of(a=ended("committed", "blue isn't fit")), before)
    assert isinstance(event, DeploymentStuck)


def test_a_commit_on_one_host_is_the_fleets():
    before = EnvironmentKnown(name="local", serving="r-1", deployments=(OPEN,))
    (event,) = told(of(a=ended("reverted"), b=ended("committed")), before)
    assert isinstance(event, DeploymentCommitted)


@pytest.mark.parametrize("seen", [ended("reverted"), ended("committed", "blue isn't fit")])
def test_a_host_that_is_lost_may_have_committed_what_another_one_did_not(seen):
    before = EnvironmentKnown(name="local", serving="r-1", deployments=(OPEN,))
    assert told(of(a=seen, b=LOST, c=LOST), before) == ()
    (event,) = told(of(a=seen, b=ended("committed"), c=ended("committed")), before)
    assert isinstance(event, DeploymentCommitted)
    (event,) = told(of(a=ended("committed"), b=LOST, c=LOST), before)
    assert isinstance(event, DeploymentCommitted)


def test_nothing_is_told_of_a_deployment_that_is_still_open_somewhere():
    before = EnvironmentKnown(name="local", serving="r-1", deployments=(OPEN,))
    assert told(of(a=ended("reverted"), b=with_open(UNDECIDED)), before) == ()


@pytest.mark.parametrize(
    ("looks", "decided"),
    [
        ({"a": with_open(DECIDED), "b": with_open(DECIDED), "c": with_open(UNDECIDED)}, True),
        ({"a": with_open(DECIDED), "b": with_open(UNDECIDED), "c": with_open(UNDECIDED)}, False),
        ({"a": with_open(DECIDED), "b": ended("reverted"), "c": ended("reverted")}, False),
        ({"a": with_open(DECIDED), "b": ended("reverted"), "c": LOST}, None),
        ({"a": with_open(UNDECIDED), "b": with_open(UNDECIDED), "c": LOST}, False),
        ({"a": ended("committed"), "b": with_open(DECIDED), "c": LOST}, True),
        ({"a": ended("committed", "blue isn't fit"), "b": with_open(UNDECIDED), "c": ended("reverted")}, False),
    ],
)
def test_most_hosts_make_a_decision(looks, decided):
    fleet = Fleet({HostName(name): None for name in looks})
    assert was_decided(fleet, of(**looks), DeploymentId("d-1")) is decided
