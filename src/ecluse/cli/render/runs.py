"""Runs of the pipeline and its steps, as lines."""

from __future__ import annotations

from collections.abc import Sequence

import click

from ecluse.cli.render.history import local_time
from ecluse.loop.monitor.runs import RunList, outcome_of
from ecluse.model.runs import RunKnown, StepKnown

RUNS = ("when", "verb", "environment", "commit", "outcome", "seconds", "steps", "run")
STEPS = ("step", "runs", "passed", "flaky", "last", "when", "last flaky")
COLOURS = {"passed": "green", "shipped": "green", "unchanged": "green", "failed": "red", "killed": "yellow"}


def runs(shown: RunList) -> None:
    if not shown.runs:
        click.echo("nothing ran yet; begin with: ecluse test")
        return
    lines = table(RUNS, [_run(run) for run in shown.runs])
    click.secho(lines[0], dim=True)
    for line, run in zip(lines[1:], shown.runs, strict=True):
        click.secho(line, fg=COLOURS.get(run.outcome))
        if run.why:
            click.secho(f"  {run.why}", dim=True)
    if shown.further is not None:
        click.secho(f"older ones: ecluse history --runs --before {shown.further}", dim=True)


def steps(known: tuple[StepKnown, ...]) -> None:
    if not known:
        click.echo("no step ran yet; begin with: ecluse test")
        return
    lines = table(STEPS, [_step(step) for step in known])
    click.secho(lines[0], dim=True)
    for line, step in zip(lines[1:], known, strict=True):
        click.secho(line, fg="yellow" if step.flaky else None)


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    whole = [headings, *rows]
    widths = [max(len(row[column]) for row in whole) for column in range(len(headings))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in whole]


def _run(run: RunKnown) -> tuple[str, ...]:
    counts = {"passed": run.passed, "failed": run.failed, "not run": run.not_run, "skipped": run.skipped}
    of_passed = {"cached": run.cached, "flaky": run.flaky}
    told = ", ".join(f"{count} {word}" for word, count in (counts | of_passed).items() if count)
    seconds = f"{run.seconds:.1f}" if run.ended_at and run.seconds else ""
    commit = "working tree" if run.dirty else run.commit[:10]
    return local_time(run.started_at), run.verb, run.environment, commit, outcome_of(run), seconds, told, run.run


def _step(step: StepKnown) -> tuple[str, ...]:
    flaky = f"{local_time(step.flaky_at)}, attempt {step.flaky_attempts}" if step.flaky_at else ""
    last = local_time(step.last_at) if step.last_at else ""
    return step.name, str(step.runs), str(step.passed), str(step.flaky or ""), step.last, last, flaky
