"""`ecluse deploy`"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from ecluse import assembly
from ecluse.cli import options, session
from ecluse.cli.reasons import require_reason
from ecluse.cli.render import shipped as render
from ecluse.loop.deploy.existing import deploy_existing, would_deploy
from ecluse.loop.deploy.recall import find
from ecluse.loop.operate.rollback import with_way_back
from ecluse.loop.plan.orders import is_sent, orders_of
from ecluse.model.problem import Exit


@click.command(epilog="Examples:  ecluse deploy production    ecluse deploy staging --release 1.4.2")
@options.environment
@click.option(
    "--release",
    "name",
    default="",
    help="Version, tag or id (default: the newest release).",
    shell_complete=options.complete_release,
)
@options.override
@options.wait
@options.dry_run
@options.as_json
@options.folder
def command(
    environment_argument: str | None,
    environment_option: str | None,
    name: str,
    override: str,
    wait: timedelta | None,
    dry_run: bool,
    as_json: bool,
    folder: Path,
) -> None:
    """Move a release that was made before into an environment; nothing is built."""

    environment = options.chosen(environment_argument, environment_option)

    async def work(at: session.Session) -> Exit:
        require_reason("--override", override, environment_argument, at.app)
        wanted = at.wanted(environment)
        if dry_run:
            release, policies = await would_deploy(wanted, name, at.world, override=override)
            sent = await orders_of(wanted, release, assembly.rehearsal(at.world), "deploy") if is_sent(wanted) else None
            return render.going_to(release, policies, sent, as_json=as_json)
        deployed = await deploy_existing(
            wanted,
            lambda _, state: find(state, name, wanted.environment),
            at.world,
            verb="deploy",
            override=override,
            wait=wait,
        )
        return render.ended(with_way_back(deployed, at.world), as_json=as_json)

    session.run(folder, work, as_json=as_json, otherwise=render.halted(environment), tells=not dry_run)
