from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ecluse.model.events.deployments import (
    DeploymentCommitted,
    DeploymentReverted,
    DeploymentStarted,
    MigrationsRun,
    MoveMade,
)
from ecluse.model.events.environments import DifferenceSeen, EnvironmentStopped
from ecluse.model.events.event import Event, Unknown
from ecluse.model.events.policies import PolicyOverridden, ReleaseApproved
from ecluse.model.events.releases import ReleaseMade
from ecluse.model.events.runs import StepEnded
from ecluse.model.history import KEPT, EnvironmentKnown, State, apply, fold

START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Written:
    number: int
    event: Event
    actor: str = "ada@lock"

    @property
    def at(self):
        return START + timedelta(seconds=self.number)


def told(*facts):
    return [Written(number, event) for number, event in enumerate(facts, start=1)]


def after(*facts):
    return fold(told(*facts)).environments["local"]


def started(deployment, release="r-1", **more):
    fields = {"version": "1.0.0", "slot": "blue"} | more
    return DeploymentStarted(environment="local", deployment=deployment, release=release, **fields)


def committed(deployment, release="r-1", verb="deploy"):
    return DeploymentCommitted(
        environment="local", deployment=deployment, release=release, version="1.0.0", slot="blue", verb=verb
    )


def reverted(deployment, release="r-1", serving=""):
    return DeploymentReverted(
        environment="local", deployment=deployment, release=release, version="1.0.0", why="unhealthy", serving=serving
    )


def deployed(*releases):
    return [
        fact
        for number, release in enumerate(releases)
        for fact in (started(f"d-{number}", release), committed(f"d-{number}", release))
    ]


STOPPED = EnvironmentStopped(environment="local")


def test_a_started_deployment_is_open_and_moves_nothing():
    known = after(started("d-1", settings="s", verb="rollback"))
    (deployment,) = known.deployments
    assert (deployment.outcome, deployment.ended_at, deployment.number) == ("open", None, 1)
    assert (deployment.actor, deployment.settings, deployment.verb) == ("ada@lock", "s", "rollback")
    assert known.serving == ""


def test_a_committed_deployment_serves():
    known = after(*deployed("r-1"))
    assert (known.serving, known.previous) == ("r-1", "")
    assert known.deployments[0].outcome == "committed"
    assert known.deployments[0].ended_at == START + timedelta(seconds=2)


def test_the_release_before_is_where_a_rollback_goes():
    assert after(*deployed("r-1", "r-2")).previous == "r-1"


def test_a_rollback_swaps_the_two():
    known = after(*deployed("r-1", "r-2"), started("d-9", "r-1"), committed("d-9", "r-1", verb="rollback"))
    assert (known.serving, known.previous) == ("r-1", "r-2")


def test_the_same_release_again_keeps_the_one_before():
    assert after(*deployed("r-1", "r-2", "r-2")).previous == "r-1"


def test_a_reverted_deployment_leaves_what_the_target_says_serves():
    known = after(*deployed("r-1"), started("d-9", "r-2"), reverted("d-9", "r-2", serving="r-1"))
    assert known.serving == "r-1"
    assert (known.deployments[0].outcome, known.deployments[0].why) == ("reverted", "unhealthy")


def test_a_reverted_release_is_no_place_to_go_back_to():
    known = after(*deployed("r-1"), started("d-8", "r-2"), reverted("d-8", "r-2", serving="r-1"), *deployed("r-3"))
    assert known.previous != "r-2"


def test_a_first_deployment_that_reverts_leaves_nothing_serving():
    assert after(started("d-1"), reverted("d-1")).serving == ""


def test_a_stopped_environment_serves_nothing():
    assert after(*deployed("r-1", "r-2"), STOPPED).serving == ""


def test_after_a_stop_the_last_other_release_is_the_one_before():
    assert after(*deployed("r-1", "r-2"), STOPPED, started("d-9", "r-3"), committed("d-9", "r-3")).previous == "r-2"


def test_the_target_is_right_about_what_serves():
    difference = DifferenceSeen(environment="local", expected="r-2", found="r-1")
    known = after(*deployed("r-1", "r-2"), difference)
    assert (known.serving, known.previous) == ("r-1", "r-2")


def test_moves_are_kept_with_their_time():
    made = MoveMade(environment="local", deployment="d-1", move="gate", seconds=0.5, detail="3 answers")
    (deployment,) = after(started("d-1"), made).deployments
    assert deployment.moves == (("gate", START + timedelta(seconds=2), 0.5, "3 answers"),)


def test_a_move_of_an_unknown_deployment_is_left_out():
    made = MoveMade(environment="local", deployment="d-0", move="gate", seconds=0.5)
    assert after(made).deployments == ()


def test_a_deployment_that_began_in_another_ledger_is_known_by_its_end():
    (deployment,) = after(committed("d-7")).deployments
    assert (deployment.id, deployment.outcome, deployment.started_at) == ("d-7", "committed", deployment.ended_at)


def test_a_release_is_what_it_was_first_said_to_be():
    made = ReleaseMade(release="r-1", version="1.0.0", commit="c", bundle="b", config="m")
    again = ReleaseMade(release="r-1", version="2.0.0", commit="c", bundle="b", config="m")
    (kept,) = fold(told(made, again)).releases.values()
    assert (kept.version, kept.at) == ("1.0.0", START + timedelta(seconds=1))


def test_a_state_carries_the_newest_deployments():
    known = after(*(started(f"d-{number}") for number in range(KEPT + 5)))
    assert len(known.deployments) == KEPT
    assert known.deployments[0].id == f"d-{KEPT + 4}"


def test_events_of_the_pipeline_are_counted_only():
    step = StepEnded(environment="local", run="run-1", step="lint", answer="passed", seconds=1.0)
    assert fold(told(step, Unknown(kind="Teleported"))) == State(events=2)


@given(st.lists(st.sampled_from(["r-1", "r-2", "r-3", "stop"]), max_size=12))
def test_what_serves_is_never_the_place_to_go_back_to(names):
    facts = [
        fact
        for number, name in enumerate(names)
        for fact in ((STOPPED,) if name == "stop" else (started(f"d-{number}", name), committed(f"d-{number}", name)))
    ]
    known = fold(told(*facts)).environments.get("local", EnvironmentKnown(name="local"))
    assert not known.serving or known.serving != known.previous


@given(st.integers(min_value=0, max_value=8))
def test_folding_may_stop_and_go_on(cut):
    records = told(*deployed("r-1", "r-2", "r-1"), STOPPED)
    state = fold(records[:cut])
    for record in records[cut:]:
        state = apply(state, record)
    assert state == fold(records)


def approved(release, by):
    return ReleaseApproved(environment="local", release=release, version="1.0.0", by=by)


def overridden(release="r-1"):
    return PolicyOverridden(
        environment="local", release=release, version="1.0.0", by="ada", why="down", policies=("policy.freeze",)
    )


def test_approvals_are_kept_newest_first_one_of_each_person_for_each_release():
    known = after(approved("r-1", "ada"), approved("r-1", "bob"), approved("r-2", "ada"), approved("r-1", "ada"))
    assert [(one.release, one.by) for one in known.approvals] == [("r-1", "ada"), ("r-2", "ada"), ("r-1", "bob")]
    assert known.approvals[0].at == START + timedelta(seconds=4)


def test_an_override_is_for_the_next_deployment_of_its_release():
    known = after(overridden(), started("d-0"), committed("d-0"), started("d-1"))
    assert [one.overridden and one.overridden.why for one in known.deployments] == [None, "down"]
    assert known.overridden is None


def test_an_override_whose_deployment_never_began_is_not_for_another_release():
    known = after(overridden("r-2"), started("d-0", "r-1"), started("d-1", "r-2"))
    assert [one.overridden for one in known.deployments] == [None, None]


def migrated(deployment, outcome, *applied, found=(), contracts=()):
    return MigrationsRun(
        environment="local", deployment=deployment, release="r-1", version="1.0.0", outcome=outcome, tool="django",
        applied=applied, found=found, contracts=dict.fromkeys(contracts, "deletes Item"),
    )  # fmt: skip


def test_a_migration_that_began_may_be_applied_until_its_end_is_known():
    begun = migrated("d-1", "begun", "a", "b", contracts=["b"])
    assert [(one.name, one.is_certain) for one in after(begun).migrations] == [("a", False), ("b", False)]
    known = after(begun, migrated("d-1", "failed", "a")).migrations
    assert [(one.name, one.is_certain, one.contract) for one in known] == [("a", True, "")]


def test_migrations_of_several_deployments_add_up():
    known = after(migrated("d-1", "done", "a"), migrated("d-2", "done", "b", found=["z"], contracts=["b"])).migrations
    assert [(one.name, one.number, one.contract) for one in known] == [
        ("a", 1, ""),
        ("z", 2, ""),
        ("b", 2, "deletes Item"),
    ]


def test_one_that_may_be_applied_is_certain_once_it_is_found():
    known = after(migrated("d-1", "begun", "a"), migrated("d-2", "done", found=["a"])).migrations
    assert [(one.name, one.deployment, one.is_certain) for one in known] == [("a", "d-2", True)]


def test_what_a_deployment_applied_stays_when_it_is_gone_on_with():
    known = after(migrated("d-1", "done", "a"), migrated("d-1", "begun", "b")).migrations
    assert [(one.name, one.is_certain) for one in known] == [("a", True), ("b", False)]
