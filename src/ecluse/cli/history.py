"""`ecluse history`"""

from __future__ import annotations

from pathlib import Path

import click

from ecluse import assembly
from ecluse.cli import options, session
from ecluse.cli.render import history as render
from ecluse.loop.monitor.history import document, timeline
from ecluse.loop.monitor.runs import RunList, list_runs, runs_document, steps_document
from ecluse.model.problem import Exit
from ecluse.model.runs import StepKnown


@click.command(
    epilog="Examples:  ecluse history    ecluse history production --limit 5    ecluse history --runs    "
    "ecluse history --steps --json"
)
@options.environment
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many to show.")
@click.option("--before", type=click.IntRange(min=1), metavar="N", help="Only what is older than this number.")
@click.option("--runs", is_flag=True, help="Runs of the pipeline instead, those that were cut short too.")
@click.option("--steps", is_flag=True, help="What is known of each step instead: how often it ran, and was flaky.")
@options.as_json
@options.folder
def command(
    *,
    environment_argument: str | None,
    environment_option: str | None,
    limit: int,
    before: int | None,
    runs: bool,
    steps: bool,
    as_json: bool,
    folder: Path,
) -> None:
    """Deployments, newest first: when, what, how it ended, who. All environments unless one is named.

    With --runs or --steps: what the pipeline did.
    """
    named = environment_argument or environment_option
    chosen = options.chosen(environment_argument, environment_option) if named else None
    if runs and steps:
        raise click.UsageError("--runs and --steps are two lists: name one")
    if steps and (named or before):
        raise click.UsageError("--steps is about all runs: leave the rest out")

    async def work() -> Exit:
        with assembly.remembered(folder) as (ledger, _):
            if runs:
                return _runs(list_runs(ledger, environment=chosen, before=before, limit=limit), as_json=as_json)
            if steps:
                return _steps(ledger.steps(), as_json=as_json)
            shown = timeline(ledger, environment=chosen, before=before, limit=limit)
        if as_json:
            session.print_json(document(shown))
        else:
            render.text(shown)
        return Exit.DONE

    session.guarded(work, as_json=as_json)


def _runs(shown: RunList, *, as_json: bool) -> Exit:
    from ecluse.cli.render import runs as render_runs  # noqa: PLC0415

    if as_json:
        session.print_json(runs_document(shown))
    else:
        render_runs.runs(shown)
    return Exit.DONE


def _steps(known: tuple[StepKnown, ...], *, as_json: bool) -> Exit:
    from ecluse.cli.render import runs as render_runs  # noqa: PLC0415

    if as_json:
        session.print_json(steps_document(known))
    else:
        render_runs.steps(known)
    return Exit.DONE
