"""`ecluse exec`"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import click

from ecluse.cli import options, session
from ecluse.loop.operate.one_off import one_off
from ecluse.model.problem import Exit


@click.command(
    epilog="Examples:  ecluse exec -- python manage.py createsuperuser --noinput    ecluse exec --env staging -- env"
)
@click.option("--env", "environment_option", metavar="ENV", help="The environment (default: local).")
@click.option("--timeout", default=600, show_default=True, help="Seconds.")
@click.argument("argv", nargs=-1, required=True)
@options.folder
def command(environment_option: str | None, timeout: int, argv: tuple[str, ...], folder: Path) -> None:
    """Run a command in the environment of the release that serves, with its settings and secrets."""

    async def work(at: session.Session) -> Exit:
        wanted = at.wanted(options.chosen(None, environment_option))
        ran = await one_off(wanted, argv, timedelta(seconds=timeout), at.world)
        click.echo(ran.output, nl=False)
        if ran.exit_code:
            sys.exit(ran.exit_code)
        return Exit.DONE if ran.exit_code == 0 else Exit.REFUSED

    session.run(folder, work, as_json=False)
