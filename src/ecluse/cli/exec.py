"""`ecluse exec`"""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import click

from ecluse.cli import options, session
from ecluse.cli.streams import STANDARD_INPUT, has_input
from ecluse.loop.operate.one_off import one_off, require_ended
from ecluse.model.problem import Exit


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog="Examples:  ecluse exec -- python manage.py createsuperuser --noinput    ecluse exec --env staging -- env",
)
@click.option(
    "--env", "environment_option", metavar="ENV", help="The environment (default: local).",
    shell_complete=options.complete_environment,
)  # fmt: skip
@click.option("--timeout", default=600, show_default=True, type=click.IntRange(min=1), help="Seconds.")
@click.argument("argv", nargs=-1, required=True)
@options.wait
@options.as_json
@options.folder
def command(
    environment_option: str | None,
    timeout: int,
    argv: tuple[str, ...],
    wait: timedelta | None,
    as_json: bool,
    folder: Path,
) -> None:
    """Run a command in the environment of the release that serves, with its settings and secrets.

    Its output (the last 64 KiB) is shown when it has ended, and its exit code is ours. It reads nothing, also where
    something is piped to it. An interrupt ends it.
    """

    async def work(at: session.Session) -> Exit:
        wanted = at.wanted(options.chosen(None, environment_option))
        within = timedelta(seconds=timeout)
        if has_input(STANDARD_INPUT):
            at.world.reporter.note("! `exec` reads nothing: what is piped to it is left unread")
        ran = await one_off(wanted, argv, within, at.world, wait)
        if as_json:
            at.answer(asdict(ran))
        else:
            click.echo(ran.output, nl=False)
            require_ended(ran, argv, within)
        sys.exit(Exit.REFUSED if ran.exit_code is None else ran.exit_code)

    session.run(folder, work, as_json=as_json)
