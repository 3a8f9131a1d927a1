"""`ecluse ship`"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from ecluse import assembly
from ecluse.cli import options, session
from ecluse.cli.reasons import require_reason
from ecluse.cli.render import shipped as render
from ecluse.cli.several import run_each
from ecluse.loop.operate.rollback import with_way_back
from ecluse.loop.plan.orders import is_sent, orders_of_ship
from ecluse.loop.plan.preview import preview
from ecluse.loop.ship import ShipOrder, ship
from ecluse.model.problem import Exit


@click.command(
    epilog="Examples:  ecluse ship    ecluse ship production    ecluse ship --dirty    ecluse ship --json | jq .outcome"
)
@options.environment
@click.option("--commit", "revision", default="HEAD", show_default=True, help="What to ship.")
@click.option("--dirty", is_flag=True, help="The working tree as it lies (local environment only).")
@click.option("--jobs", type=click.IntRange(min=1), help="Steps at once (default: one for each processor).")
@click.option("--fail-fast", is_flag=True, help="Cancel the other steps when one fails.")
@options.override
@options.wait
@options.dry_run
@options.as_json
@options.folder_of_any
def command(
    environment_argument: str | None,
    environment_option: str | None,
    revision: str,
    dirty: bool,
    jobs: int | None,
    fail_fast: bool,
    override: str,
    wait: timedelta | None,
    dry_run: bool,
    as_json: bool,
    folder: Path,
) -> None:
    """Check, build, release, deploy and watch; the whole loop for one commit."""

    environment = options.chosen(environment_argument, environment_option)

    async def work(at: session.Session) -> Exit:
        require_reason("--override", override, environment_argument, at.app)
        there, commit = await at.at(revision, dirty=dirty)
        if not there.app.processes:
            said = "the manifest declares no process: nothing will run; `ecluse release` publishes a package"
            at.world.reporter.note(said)
        order = ShipOrder(
            wanted=there.wanted(environment),
            commit=commit,
            dirty=dirty,
            jobs=jobs,
            fail_fast=fail_fast,
            override=override,
            wait=wait,
        )
        if dry_run:
            plan = await preview(order, at.world)
            sends, dry = is_sent(order.wanted) and not plan.unchanged, assembly.rehearsal(at.world)
            sent = await orders_of_ship(order, plan.version, dry) if sends else None
            return render.preview(plan, sent, as_json=as_json)
        return render.ended(with_way_back(await ship(order, at.world), at.world), as_json=as_json)

    run_each(folder, work, as_json=as_json, otherwise=render.halted(environment), tells=not dry_run)
