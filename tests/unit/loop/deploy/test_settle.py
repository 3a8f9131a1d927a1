"""What the target knows and the ledger doesn't."""

from dataclasses import replace
from datetime import UTC, datetime

from ecluse.loop.deploy.settle import told
from ecluse.model.events import DeploymentCommitted, DeploymentReverted, DifferenceSeen
from ecluse.model.history import DeploymentKnown, EnvironmentKnown
from ecluse.model.ids import DeploymentId, ReleaseId
from ecluse.model.observed import Finished, Observed, SlotSeen, SlotState
from ecluse.model.slot import Slot

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OPEN = DeploymentKnown(
    id="d-1", environment="local", release="r-2", version="2", verb="ship", slot="green", started_at=NOW, number=1
)
BLUE = SlotSeen(slot=Slot.BLUE, state=SlotState.RUNNING, release=ReleaseId("r-1"), weight=100)
SEEN = Observed(at=NOW, url="", slots=(BLUE,), serving=Slot.BLUE)


def finished(outcome):
    return (Finished(id=DeploymentId("d-1"), outcome=outcome, why="the lease ended", at=NOW),)


def test_nothing_is_told_where_both_agree():
    assert told(SEEN, EnvironmentKnown(name="local", serving="r-1")) == ()


def test_an_undo_that_the_target_made_alone_is_told_once():
    before = EnvironmentKnown(name="local", serving="r-1", deployments=(OPEN,))
    (event,) = told(replace(SEEN, finished=finished("reverted")), before)
    assert isinstance(event, DeploymentReverted)
    assert (event.deployment, event.why, event.serving) == ("d-1", "the lease ended", "r-1")
    after = replace(before, deployments=(replace(OPEN, outcome="reverted"),))
    assert told(replace(SEEN, finished=finished("reverted")), after) == ()


def test_a_commit_that_was_not_recorded_is_told():
    before = EnvironmentKnown(name="local", serving="r-1", deployments=(OPEN,))
    (event,) = told(replace(SEEN, finished=finished("committed")), before)
    assert isinstance(event, DeploymentCommitted)


def test_another_release_than_remembered_is_a_difference():
    (event,) = told(SEEN, EnvironmentKnown(name="local", serving="r-0"))
    assert event == DifferenceSeen(environment="local", expected="r-0", found="r-1")
