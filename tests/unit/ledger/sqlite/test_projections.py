"""What is kept as rows is what the events say."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecluse.ledger.sqlite.ledger import SqliteLedger
from ecluse.model.events.deployments import DeploymentCommitted, DeploymentReverted, DeploymentStarted, MoveMade
from ecluse.model.events.environments import DifferenceSeen, EnvironmentStopped
from ecluse.model.events.policies import PolicyOverridden, ReleaseApproved
from ecluse.model.events.releases import ReleaseMade
from ecluse.model.events.runs import RunEnded, RunStarted, StepEnded
from ecluse.model.events.tickets import TicketPutOff, TicketsNamed, TicketTold, TrackerFailed
from ecluse.model.history import fold
from ecluse.model.runs import fold_runs

PLACES = st.sampled_from(["local", "production"])
DEPLOYMENTS = st.sampled_from(["d-1", "d-2", "d-3", "d-4"])
RELEASES = st.sampled_from(["r-1", "r-2", "r-3"])
RELEASES_OR_NONE = st.sampled_from(["", "r-1", "r-2"])
KEYS = st.sampled_from(["A-1", "A-2", "A-3"])
TEXT = st.text(max_size=8)
SECONDS = st.floats(min_value=0, max_value=100)

FACTS = st.one_of(
    st.builds(
        DeploymentStarted,
        environment=PLACES, deployment=DEPLOYMENTS, release=RELEASES, version=TEXT, slot=TEXT, settings=TEXT,
    ),
    st.builds(MoveMade, environment=PLACES, deployment=DEPLOYMENTS, move=TEXT, seconds=SECONDS, detail=TEXT),
    st.builds(
        DeploymentCommitted,
        environment=PLACES, deployment=DEPLOYMENTS, release=RELEASES, version=TEXT, slot=TEXT, verb=TEXT,
    ),
    st.builds(
        DeploymentReverted,
        environment=PLACES, deployment=DEPLOYMENTS, release=RELEASES, version=TEXT, why=TEXT, serving=RELEASES_OR_NONE,
    ),
    st.builds(ReleaseApproved, environment=PLACES, release=RELEASES, version=TEXT, by=TEXT),
    st.builds(
        PolicyOverridden,
        environment=PLACES, release=RELEASES, version=TEXT, by=TEXT, why=TEXT,
        policies=st.lists(TEXT, max_size=2).map(tuple),
    ),
    st.builds(EnvironmentStopped, environment=PLACES, release=RELEASES_OR_NONE),
    st.builds(DifferenceSeen, environment=PLACES, expected=RELEASES_OR_NONE, found=RELEASES_OR_NONE),
    st.builds(ReleaseMade, release=RELEASES, version=TEXT, commit=TEXT, bundle=TEXT, config=TEXT, notes=TEXT),
    st.builds(
        TicketsNamed,
        environment=PLACES, release=RELEASES, version=TEXT, happening=TEXT, serving=TEXT,
        tickets=st.dictionaries(KEYS, TEXT, max_size=2), awaits=st.one_of(st.just(""), DEPLOYMENTS),
    ),
    st.builds(
        TicketTold,
        notice=st.integers(1, 9), version=TEXT, happening=TEXT, ticket=KEYS, outcome=TEXT,
    ),
    st.builds(TicketPutOff, notice=st.integers(1, 9), ticket=KEYS, code=TEXT, why=TEXT),
    st.builds(TrackerFailed, code=TEXT, why=TEXT, patience=SECONDS),
    st.builds(StepEnded, environment=PLACES, run=TEXT, step=TEXT, answer=TEXT, seconds=SECONDS),
)  # fmt: skip


class Ticking:
    def __init__(self):
        self._now = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self):
        self._now += timedelta(microseconds=17)
        return self._now

    def monotonic(self):
        return 0.0

    async def sleep(self, seconds):
        raise NotImplementedError


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(groups=st.lists(st.lists(FACTS, min_size=1, max_size=4), max_size=8))
@pytest.mark.once
def test_projections_are_the_fold_of_the_events(tmp_path_factory, groups):
    ledger = SqliteLedger(tmp_path_factory.mktemp("fold") / "ledger.db", Ticking(), "ada@lock")
    try:
        for group in groups:
            ledger.append(*group)
        folded = fold(ledger.events())
        assert ledger.state() == folded
        assert ledger.rebuild() == sum(map(len, groups))
        assert ledger.state() == folded
        assert ledger.verify().ok
    finally:
        ledger.close()


def test_projections_agree_when_there_are_more_deployments_than_a_state_carries(tmp_path):
    ledger = SqliteLedger(tmp_path / "ledger.db", Ticking(), "ada@lock")
    started = [
        DeploymentStarted(environment="local", deployment=f"d-{n % 55}", release="r", version="1", slot="blue")
        for n in range(120)
    ]
    ledger.append(*started)
    assert ledger.state() == fold(ledger.events())
    ledger.close()


RUNS = st.sampled_from(["run-1", "run-2", "run-3"])
RUN_FACTS = st.one_of(
    st.builds(RunStarted, environment=PLACES, run=RUNS, verb=TEXT, commit=TEXT, dirty=st.booleans()),
    st.builds(RunEnded, environment=PLACES, run=RUNS, outcome=TEXT, seconds=SECONDS, why=TEXT),
    st.builds(
        StepEnded,
        run=RUNS, step=st.sampled_from(["lint", "test[3.12-a]", "gates.coverage", "ci github"]),
        answer=st.sampled_from(["passed", "failed", "not_run", "skipped", "not_checked", "unheard of"]),
        seconds=SECONDS, attempts=st.integers(0, 3), log=st.sampled_from(["", "/log"]), cached=TEXT,
    ),
)  # fmt: skip


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(groups=st.lists(st.lists(RUN_FACTS, min_size=1, max_size=4), max_size=8))
def test_runs_and_steps_are_the_fold_of_the_events(tmp_path_factory, groups):
    ledger = SqliteLedger(tmp_path_factory.mktemp("fold") / "ledger.db", Ticking(), "ada@lock")
    try:
        for group in groups:
            ledger.append(*group)
        folded = fold_runs(ledger.events())
        for _ in range(2):
            assert {run.run: run for run in ledger.runs()} == folded.runs
            assert {step.name: step for step in ledger.steps()} == folded.steps
            ledger.rebuild()
    finally:
        ledger.close()
