"""`ecluse rollback`"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from ecluse import assembly
from ecluse.cli import options, session
from ecluse.cli.reasons import require_reason
from ecluse.cli.render import shipped as render
from ecluse.loop.operate.rollback import rollback, would_go_to
from ecluse.loop.plan.orders import is_sent, orders_of
from ecluse.model.problem import Exit


@click.command(epilog="Examples:  ecluse rollback    ecluse rollback production    ecluse rollback --dry-run")
@options.environment
@options.override
@options.wait
@options.dry_run
@options.as_json
@options.folder
def command(
    environment_argument: str | None,
    environment_option: str | None,
    override: str,
    wait: timedelta | None,
    dry_run: bool,
    as_json: bool,
    folder: Path,
) -> None:
    """Serve the release before again; no version needed.

    Twice leads back to where you were; `ecluse deploy --release VERSION` leads anywhere. Refused where a migration has
    taken the data past it.
    """

    environment = options.chosen(environment_argument, environment_option)

    async def work(at: session.Session) -> Exit:
        require_reason("--override", override, environment_argument, at.app)
        wanted = at.wanted(environment)
        if dry_run:
            release, said = await would_go_to(wanted, at.world)
            dry = assembly.rehearsal(at.world)
            sent = await orders_of(wanted, release, dry, "rollback") if is_sent(wanted) else None
            return render.going_to(release, said, sent, as_json=as_json)
        return render.ended(await rollback(wanted, at.world, wait, override=override), as_json=as_json)

    session.run(
        folder, work, as_json=as_json, otherwise=render.halted(environment), in_an_emergency=True, by_what_serves=True,
        tells=not dry_run,
    )  # fmt: skip
