"""The contract of a ledger. Subclass it, give a `ledger` fixture, and pytest runs the whole of it."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from ecluse.model.events.deployments import DeploymentCommitted, DeploymentStarted, MigrationsRun
from ecluse.model.events.environments import EnvironmentStopped
from ecluse.model.events.event import Unknown
from ecluse.model.events.runs import RunEnded, RunStarted, StepEnded
from ecluse.model.history import State, fold
from ecluse.ports.ledger import Ledger

STARTED = DeploymentStarted(environment="local", deployment="d-1", release="r-1", version="1.0.0", slot="blue")
COMMITTED = DeploymentCommitted(environment="local", deployment="d-1", release="r-1", version="1.0.0", slot="blue")
MIGRATED = MigrationsRun(
    environment="local", deployment="d-1", release="r-1", version="1.0.0", outcome="done", tool="django",
    applied=("shop.0001_initial", "shop.0002_more"), contracts={"shop.0002_more": "deletes Item"},
)  # fmt: skip
ELSEWHERE = EnvironmentStopped(environment="production")
STEP = StepEnded(run="run-1", step="écluse", answer="passed", seconds=0.1, evidence=("3 passed", "0 failed"))

BEGAN = RunStarted(run="run-1", verb="test", commit="c" * 40)
PASSED = StepEnded(run="run-1", step="test[3.12]", answer="passed", seconds=1, log="/logs/test@3.12.log")
FLAKY = StepEnded(run="run-1", step="test[3.12]", answer="passed", seconds=1, attempts=3, log="/logs/3.log")
OVER = RunEnded(run="run-1", outcome="passed", seconds=2.5)


class LedgerContract:
    """What a loop relies on, whatever keeps the events."""

    @pytest.fixture
    def ledger(self) -> Ledger:
        raise NotImplementedError("give a fresh, empty ledger; close it afterwards")

    def test_an_empty_ledger_is_whole(self, ledger: Ledger) -> None:
        assert list(ledger.events()) == []
        assert ledger.state() == State()
        assert ledger.verify().ok

    def test_events_come_back_as_they_were_written_in_order(self, ledger: Ledger) -> None:
        written = (*ledger.append(STARTED, STEP), *ledger.append(COMMITTED))
        assert tuple(ledger.events()) == written
        assert [record.event for record in written] == [STARTED, STEP, COMMITTED]
        assert [record.number for record in written] == [1, 2, 3]

    def test_a_record_says_when_and_who(self, ledger: Ledger) -> None:
        (record,) = ledger.append(STARTED)
        assert record.at.utcoffset() == timedelta(0)
        assert record.actor

    def test_one_append_has_one_time(self, ledger: Ledger) -> None:
        first, second = ledger.append(STARTED, COMMITTED)
        assert first.at == second.at

    def test_appending_nothing_writes_nothing(self, ledger: Ledger) -> None:
        assert ledger.append() == ()
        assert ledger.verify().events == 0

    def test_each_record_names_the_hash_before_it(self, ledger: Ledger) -> None:
        first, second = ledger.append(STARTED, COMMITTED)
        assert (first.previous, second.previous) == ("", first.hash)
        assert ledger.verify().head == second.hash

    def test_reading_goes_on_behind_a_number(self, ledger: Ledger) -> None:
        ledger.append(STARTED, STEP, COMMITTED)
        assert [record.number for record in ledger.events(after=1, limit=1)] == [2]
        assert list(ledger.events(after=3)) == []

    def test_an_environment_is_read_alone(self, ledger: Ledger) -> None:
        ledger.append(STARTED, ELSEWHERE, COMMITTED)
        assert [record.event for record in ledger.events(environment="production")] == [ELSEWHERE]
        assert [record.number for record in ledger.newest(environment="local")] == [3, 1]

    def test_the_newest_are_paged_by_number(self, ledger: Ledger) -> None:
        ledger.append(*[STEP] * 5)
        assert [record.number for record in ledger.newest(limit=2)] == [5, 4]
        assert [record.number for record in ledger.newest(before=4, limit=2)] == [3, 2]

    def test_the_state_is_the_fold_of_the_events(self, ledger: Ledger) -> None:
        ledger.append(STARTED, STEP, MIGRATED, COMMITTED, ELSEWHERE)
        assert ledger.state() == fold(ledger.events())
        assert ledger.state().environments["local"].serving == "r-1"

    def test_rebuilding_changes_nothing(self, ledger: Ledger) -> None:
        ledger.append(STARTED, COMMITTED)
        before = ledger.state()
        assert ledger.rebuild() == 2
        assert ledger.state() == before

    def test_deployments_are_kept_beyond_what_a_state_carries(self, ledger: Ledger) -> None:
        begun = [
            DeploymentStarted(environment="local", deployment=f"d-{n}", release="r", version="1", slot="blue")
            for n in range(60)
        ]
        ledger.append(*begun, ELSEWHERE)
        oldest = ledger.deployments(before=3, environment="local")
        assert [(known.id, known.number) for known in oldest] == [("d-1", 2), ("d-0", 1)]
        assert [known.id for known in ledger.deployments(limit=2)] == ["d-59", "d-58"]

    def test_a_run_is_known_with_how_its_steps_ended(self, ledger: Ledger) -> None:
        ledger.append(BEGAN, PASSED)
        (open_run,) = ledger.runs()
        assert (open_run.outcome, open_run.ended_at, open_run.passed) == ("", None, 1)
        skipped = StepEnded(run="run-1", step="docs", answer="skipped", seconds=0, attempts=0)
        gate = StepEnded(run="run-1", step="gates.coverage", answer="passed", seconds=0)
        ledger.append(FLAKY, replace(PASSED, cached="before"), skipped, gate, OVER)
        (known,) = ledger.runs()
        assert (known.run, known.verb, known.outcome, known.seconds) == ("run-1", "test", "passed", 2.5)
        assert (known.passed, known.flaky, known.cached, known.skipped, known.failed) == (3, 1, 1, 1, 0)

    def test_the_first_end_of_a_run_counts(self, ledger: Ledger) -> None:
        ledger.append(BEGAN, OVER)
        ledger.append(replace(OVER, outcome="killed", seconds=0.0))
        (known,) = ledger.runs()
        assert (known.outcome, known.seconds) == ("passed", 2.5)

    def test_runs_are_paged_and_read_by_environment(self, ledger: Ledger) -> None:
        ledger.append(*(replace(BEGAN, run=f"run-{n}") for n in range(4)))
        ledger.append(RunStarted(run="run-9", verb="ship", environment="local"))
        assert [run.run for run in ledger.runs(limit=2)] == ["run-9", "run-3"]
        assert [run.run for run in ledger.runs(before=3)] == ["run-1", "run-0"]
        assert [run.run for run in ledger.runs(environment="local")] == ["run-9"]

    def test_what_is_known_of_a_step_counts_how_often_it_was_flaky(self, ledger: Ledger) -> None:
        ledger.append(BEGAN, PASSED, FLAKY, replace(PASSED, answer="failed"), replace(PASSED, cached="before"))
        (step,) = ledger.steps()
        assert (step.name, step.runs, step.passed, step.flaky, step.last) == ("test[3.12]", 3, 2, 1, "failed")
        assert (step.flaky_run, step.flaky_attempts) == ("run-1", 3)

    def test_runs_and_steps_are_rebuilt(self, ledger: Ledger) -> None:
        ledger.append(BEGAN, PASSED, FLAKY, OVER)
        before = (ledger.runs(), ledger.steps())
        ledger.rebuild()
        assert (ledger.runs(), ledger.steps()) == before

    def test_a_deferred_event_stands_before_the_next_append(self, ledger: Ledger) -> None:
        ledger.defer(STEP)
        (record,) = ledger.append(STARTED)
        assert record.number == 2

    def test_a_deferred_event_is_read(self, ledger: Ledger) -> None:
        ledger.defer(STEP, STEP)
        assert [record.event for record in ledger.events()] == [STEP, STEP]

    def test_events_of_a_newer_version_are_carried(self, ledger: Ledger) -> None:
        unknown = Unknown(environment="local", kind="Teleported", data={"environment": "local", "to": "moon"})
        ledger.append(unknown)
        assert [record.event for record in ledger.events()] == [unknown]
        assert ledger.verify().ok

    def test_threads_may_append_at_once(self, ledger: Ledger) -> None:
        threads = [threading.Thread(target=ledger.append, args=(STEP,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        verification = ledger.verify()
        assert (verification.ok, verification.events) == (True, 8)
