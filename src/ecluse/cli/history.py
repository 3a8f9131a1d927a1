"""`ecluse history`"""

from __future__ import annotations

from pathlib import Path

import click

from ecluse import assembly
from ecluse.cli import options, session
from ecluse.cli.render import history as render
from ecluse.loop.monitor.history import document, timeline
from ecluse.model.problem import Exit


@click.command(epilog="Examples:  ecluse history    ecluse history production --limit 5    ecluse history --json")
@options.environment
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many to show.")
@click.option("--before", type=click.IntRange(min=1), metavar="N", help="Only what is older than this number.")
@options.as_json
@options.folder
def command(
    *,
    environment_argument: str | None,
    environment_option: str | None,
    limit: int,
    before: int | None,
    as_json: bool,
    folder: Path,
) -> None:
    """Deployments, newest first: when, what, how it ended, who. All environments unless one is named."""
    named = environment_argument or environment_option
    chosen = options.chosen(environment_argument, environment_option) if named else None

    async def work() -> Exit:
        with assembly.remembered(folder) as (ledger, _):
            shown = timeline(ledger, environment=chosen, before=before, limit=limit)
        if as_json:
            session.print_json(document(shown))
        else:
            render.text(shown)
        return Exit.DONE

    session.guarded(work, as_json=as_json)
