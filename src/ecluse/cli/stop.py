"""`ecluse stop`"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from ecluse.cli import options, session
from ecluse.cli.several import run_each
from ecluse.loop.deploy.fleet import fleet_of
from ecluse.loop.operate.stop import running_services, stop
from ecluse.model.problem import Exit


@click.command(epilog="Examples:  ecluse stop    ecluse stop staging")
@options.environment
@options.wait
@options.dry_run
@options.as_json
@options.folder_of_any
def command(
    environment_argument: str | None,
    environment_option: str | None,
    wait: timedelta | None,
    dry_run: bool,
    as_json: bool,
    folder: Path,
) -> None:
    """Drain and stop everything of an environment. The app's data stays."""

    async def work(at: session.Session) -> Exit:
        environment = at.environment(options.chosen(environment_argument, environment_option))
        if dry_run:
            seen = await fleet_of(at.world, at.app, environment).observe()
            running: list[str] = [slot.release for one in seen.hosts.values() for slot in one.slots if slot.release]
            running += running_services(seen)
            at.answer({"outcome": "planned", "environment": environment.name, "would_stop": running})
            click.echo(f"would stop {', '.join(running) or 'nothing'}", err=as_json)
            return Exit.DONE
        ended = await stop(at.app, environment, at.world, wait)
        services = list(ended.services)
        at.answer(
            {
                "outcome": "stopped",
                "environment": environment.name,
                "release": ended.release or None,
                "services": services,
            }
        )
        click.echo(
            f"stopped {environment.name}" if ended.something else f"nothing ran in {environment.name}", err=as_json
        )
        return Exit.DONE

    run_each(folder, work, as_json=as_json, in_an_emergency=True)
