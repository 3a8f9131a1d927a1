"""`ecluse undo`"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from ecluse.cli import options, session
from ecluse.loop.operate.unfinished import take_back
from ecluse.model.problem import Exit


@click.command(epilog="Examples:  ecluse undo    ecluse undo production")
@options.environment
@options.wait
@options.as_json
@options.folder
def command(
    environment_argument: str | None,
    environment_option: str | None,
    wait: timedelta | None,
    as_json: bool,
    folder: Path,
) -> None:
    """Take back a deployment that is still open, on every host."""

    environment = options.chosen(environment_argument, environment_option)

    async def work(at: session.Session) -> Exit:
        opened = await take_back(at.wanted(environment), at.world, wait)
        at.answer({"outcome": "undone", "environment": environment, "deployment": opened.id, "version": opened.version})
        click.echo(f"{opened.version} was taken back from {environment}", err=as_json)
        return Exit.DONE

    session.run(folder, work, as_json=as_json)
