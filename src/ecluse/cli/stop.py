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
from ecluse.model.app import Environment
from ecluse.model.problem import Exit


@click.command(epilog="Examples:  ecluse stop    ecluse stop staging    ecluse stop review-12 --remove")
@options.environment
@click.option("--remove", is_flag=True, help="Releases, data and logs too; of one that was made from a pattern.")
@options.wait
@options.dry_run
@options.as_json
@options.folder_of_any
def command(
    environment_argument: str | None,
    environment_option: str | None,
    remove: bool,
    wait: timedelta | None,
    dry_run: bool,
    as_json: bool,
    folder: Path,
) -> None:
    """Drain and stop everything of an environment. The app's data stays."""

    async def work(at: session.Session) -> Exit:
        environment = at.environment(options.chosen(environment_argument, environment_option))
        if dry_run:
            await plan(at, environment, remove=remove)
            return Exit.DONE
        ended = await stop(at.app, environment, at.world, wait, remove=remove)
        services = list(ended.services)
        at.answer(
            {
                "outcome": "stopped",
                "environment": environment.name,
                "release": ended.release or None,
                "removed": remove,
                "services": services,
                "versions": list(ended.versions),
                "keepers": list(ended.keepers),
                "killed": list(ended.killed),
            }
        )
        several = click.get_current_context().meta.get(options.SEVERAL, False)
        click.echo(line(ended, environment.name + (f" of {at.app.name}" if several else "")), err=as_json)
        if ended.killed:
            click.echo(f"! {', '.join(ended.killed)} had to be killed: the drain budget was over", err=True)
        return Exit.DONE

    run_each(folder, work, as_json=as_json, in_an_emergency=True, by_what_serves=True)


async def plan(at: session.Session, environment: Environment, *, remove: bool) -> None:
    seen = await fleet_of(at.world, at.app, environment).observe()
    running: list[str] = [slot.release for one in seen.hosts.values() for slot in one.slots if slot.release]
    running += running_services(seen)
    wanted = Wanted(app=at.app, environment=environment)
    sent = await orders_of_stop(wanted, assembly.rehearsal(at.world), remove=remove) if is_sent(wanted) else None
    planned = {"environment": environment.name, "would_stop": running, "would_remove": remove}
    at.answer({"outcome": "planned", **planned, **orders.document(sent)})
    click.echo(f"would stop {', '.join(running) or 'nothing'}", err=at.as_json)
    if not at.as_json:
        orders.text(sent)


def line(ended: Stopped, where: str) -> str:
    """Where nothing served something may have been left all the same, of a first ship that failed."""
    if ended.something:
        return f"stopped {where}"
    keepers = (f"the keeper (pid {pid}) with its holder" for pid in ended.keepers)
    left = ", ".join([*ended.versions, *keepers])
    return f"nothing served in {where}; ended: {left}" if left else f"nothing ran in {where}"
