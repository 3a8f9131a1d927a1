"""`ecluse stop`"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from ecluse import assembly
from ecluse.cli import options, session
from ecluse.cli.render import orders
from ecluse.cli.several import run_each
from ecluse.loop.deploy.fleet import fleet_of
from ecluse.loop.deploy.wanted import Wanted
from ecluse.loop.operate.stop import Stopped, running_services, stop
from ecluse.loop.plan.orders import is_sent, orders_of_stop
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
            wanted = Wanted(app=at.app, environment=environment)
            sent = await orders_of_stop(wanted, assembly.rehearsal(at.world)) if is_sent(wanted) else None
            planned = {"outcome": "planned", "environment": environment.name, "would_stop": running}
            at.answer({**planned, **orders.document(sent)})
            click.echo(f"would stop {', '.join(running) or 'nothing'}", err=as_json)
            if not as_json:
                orders.text(sent)
            return Exit.DONE
        ended = await stop(at.app, environment, at.world, wait)
        services = list(ended.services)
        at.answer(
            {
                "outcome": "stopped",
                "environment": environment.name,
                "release": ended.release or None,
                "services": services,
                "versions": list(ended.versions),
                "keepers": list(ended.keepers),
            }
        )
        several = click.get_current_context().meta.get(options.SEVERAL, False)
        click.echo(line(ended, environment.name + (f" of {at.app.name}" if several else "")), err=as_json)
        return Exit.DONE

    run_each(folder, work, as_json=as_json, in_an_emergency=True, by_what_serves=True)


def line(ended: Stopped, where: str) -> str:
    """Where nothing served something may have been left all the same, of a first ship that failed."""
    if ended.something:
        return f"stopped {where}"
    keepers = (f"the keeper (pid {pid}) with its holder" for pid in ended.keepers)
    left = ", ".join([*ended.versions, *keepers])
    return f"nothing served in {where}; ended: {left}" if left else f"nothing ran in {where}"
