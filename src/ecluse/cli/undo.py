"""`ecluse undo`"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from ecluse import assembly
from ecluse.cli import options, session
from ecluse.cli.render import orders
from ecluse.loop.operate.unfinished import take_back
from ecluse.loop.plan.orders import orders_of_verb
from ecluse.model.problem import Exit


@click.command(epilog="Examples:  ecluse undo    ecluse undo production --dry-run")
@options.environment
@options.wait
@options.dry_run
@options.as_json
@options.folder
def command(
    environment_argument: str | None,
    environment_option: str | None,
    wait: timedelta | None,
    dry_run: bool,
    as_json: bool,
    folder: Path,
) -> None:
    """Take back a deployment that is still open, on every host."""

    environment = options.chosen(environment_argument, environment_option)

    async def work(at: session.Session) -> Exit:
        wanted = at.wanted(environment)
        if dry_run:
            found = await orders_of_verb(lambda world: take_back(wanted, world), assembly.rehearsal(at.world))
            orders.told(at, environment, f"take back what is open in {environment}", found)
            return Exit.DONE
        opened = await take_back(wanted, at.world, wait)
        at.answer({"outcome": "undone", "environment": environment, "deployment": opened.id, "version": opened.version})
        click.echo(f"{opened.version} was taken back from {environment}", err=as_json)
        return Exit.DONE

    session.run(folder, work, as_json=as_json)
