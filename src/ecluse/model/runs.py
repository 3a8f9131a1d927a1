"""What the events say of runs of the pipeline and of their steps, folded. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from datetime import datetime

from ecluse.model.events.runs import RunEnded, RunStarted, StepEnded
from ecluse.model.recorded import Recorded
from ecluse.model.values import frozen
from ecluse.model.verdict import Answer

COUNTED = {Answer.PASSED: "passed", Answer.FAILED: "failed", Answer.NOT_RUN: "not_run", Answer.SKIPPED: "skipped"}
"""Under which count a step's answer goes."""
COUNTS = (*COUNTED.values(), "cached", "flaky")
_ANSWERS = {str(answer): name for answer, name in COUNTED.items()}


@frozen
class RunKnown:
    """A run, and how its steps ended. `outcome` is empty while it isn't over, or was cut short and nobody has found
    that yet. `number` is that of the event that began it: the cursor of a list."""

    number: int
    run: str
    verb: str
    commit: str
    dirty: bool
    environment: str
    actor: str
    started_at: datetime
    outcome: str = ""
    ended_at: datetime | None = None
    seconds: float = 0.0
    why: str = ""
    passed: int = 0
    failed: int = 0
    not_run: int = 0
    skipped: int = 0
    cached: int = 0
    """Of those that passed."""
    flaky: int = 0
    """Of those that passed."""


@frozen
class StepKnown:
    """How often a step was run, without what was cached; `flaky` of those that passed did so after a retry."""

    name: str
    runs: int = 0
    passed: int = 0
    flaky: int = 0
    last: str = ""
    """The newest answer."""
    last_at: datetime | None = None
    flaky_at: datetime | None = None
    flaky_run: str = ""
    flaky_attempts: int = 0
    """At which it passed, the last time that it was flaky."""


@frozen
class Runs:
    runs: Mapping[str, RunKnown] = field(default_factory=dict)
    steps: Mapping[str, StepKnown] = field(default_factory=dict)


def fold_runs(records: Iterable[Recorded]) -> Runs:
    runs: dict[str, RunKnown] = {}
    steps: dict[str, StepKnown] = {}
    for record in records:
        match record.event:
            case RunStarted() as event:
                runs.setdefault(event.run, begun(event, record))
            case RunEnded() as event if event.run in runs:
                runs[event.run] = ended(runs[event.run], event, record.at)
            case StepEnded() as event if is_of_a_step(event):
                if event.run in runs:
                    runs[event.run] = counted(runs[event.run], event)
                if was_run(event):
                    before = steps.get(event.step) or StepKnown(name=event.step)
                    steps[event.step] = learnt(before, event, record.at)
    return Runs(runs=runs, steps=steps)


def begun(event: RunStarted, record: Recorded) -> RunKnown:
    return RunKnown(
        number=record.number, run=event.run, verb=event.verb, commit=event.commit, dirty=event.dirty,
        environment=event.environment, actor=record.actor, started_at=record.at,
    )  # fmt: skip


def ended(run: RunKnown, event: RunEnded, at: datetime) -> RunKnown:
    """The first end counts: who was killed after it is told of once more."""
    if run.ended_at:
        return run
    return replace(run, outcome=event.outcome, ended_at=at, seconds=event.seconds, why=event.why)


def counted(run: RunKnown, event: StepEnded) -> RunKnown:
    return replace(run, **{name: getattr(run, name) + more for name, more in counts(event).items()})


def counts(event: StepEnded) -> dict[str, int]:
    """What it adds to each count of its run."""
    found = {_ANSWERS[event.answer]: 1}
    if event.cached:
        found["cached"] = 1
    if is_flaky(event):
        found["flaky"] = 1
    return found


def learnt(step: StepKnown, event: StepEnded, at: datetime) -> StepKnown:
    passed = event.answer == Answer.PASSED
    known = replace(step, runs=step.runs + 1, passed=step.passed + passed, last=event.answer, last_at=at)
    if not is_flaky(event):
        return known
    return replace(
        known, flaky=step.flaky + 1, flaky_at=at, flaky_run=event.run, flaky_attempts=event.attempts
    )  # fmt: skip


def is_flaky(event: StepEnded) -> bool:
    return event.answer == Answer.PASSED and event.attempts > 1


def is_of_a_step(event: StepEnded) -> bool:
    """Verdicts of gates that are no steps (`gates.coverage`, `ci github`, `tests`) are recorded in the same way."""
    name = event.step.partition("[")[0]
    return event.answer in _ANSWERS and "." not in name and " " not in name


def was_run(event: StepEnded) -> bool:
    """Whether it was begun at all, now."""
    passed = event.answer == Answer.PASSED  # and may have printed nothing
    return event.attempts > 0 and not event.cached and (passed or bool(event.log))
