"""Runs of the pipeline, newest first, and what is known of its steps. Read from the ledger alone."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ecluse.model.runs import RunKnown, StepKnown
from ecluse.model.values import frozen
from ecluse.ports.ledger import Ledger

UNFINISHED = "unfinished"
"""It runs, or was cut short and no run has found that yet."""


@frozen
class RunList:
    runs: tuple[RunKnown, ...]
    further: int | None
    """Where the next page begins (`before`), or None at the end."""


def list_runs(ledger: Ledger, *, environment: str | None, before: int | None, limit: int) -> RunList:
    found = ledger.runs(environment=environment, before=before, limit=limit + 1)
    shown = found[:limit]
    return RunList(runs=shown, further=shown[-1].number if len(found) > limit else None)


def outcome_of(run: RunKnown) -> str:
    return run.outcome or UNFINISHED


def runs_document(shown: RunList) -> dict[str, Any]:
    """The `--json` form; its keys are stable."""
    return {"runs": [_run(run) for run in shown.runs], "before": shown.further}


def steps_document(steps: tuple[StepKnown, ...]) -> dict[str, Any]:
    return {"steps": [_step(step) for step in steps]}


def _run(run: RunKnown) -> dict[str, Any]:
    known = asdict(run)
    counts = {name: known[name] for name in ("passed", "failed", "not_run", "skipped", "cached", "flaky")}
    return {
        "number": run.number,
        "run": run.run,
        "when": run.started_at.isoformat(),
        "verb": run.verb,
        "environment": run.environment,
        "commit": run.commit,
        "dirty": run.dirty,
        "outcome": outcome_of(run),
        "seconds": run.seconds if run.ended_at else None,
        "who": run.actor,
        "why": run.why,
        "steps": counts,
    }


def _step(step: StepKnown) -> dict[str, Any]:
    times = {name: at.isoformat() if at else None for name, at in (("at", step.last_at), ("flaky", step.flaky_at))}
    return {
        "name": step.name,
        "runs": step.runs,
        "passed": step.passed,
        "flaky": step.flaky,
        "last": {"verdict": step.last, "when": times["at"]},
        "flaky_last": {"when": times["flaky"], "run": step.flaky_run, "attempts": step.flaky_attempts}
        if step.flaky
        else None,
    }
