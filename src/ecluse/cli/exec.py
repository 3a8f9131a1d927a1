"""`ecluse exec`"""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import click

from ecluse import assembly
from ecluse.cli import options, session
from ecluse.cli.behind import BehindDashes, behind
from ecluse.cli.streams import STANDARD_INPUT, has_input
from ecluse.loop.operate.attach import attach
from ecluse.loop.operate.one_off import one_off
from ecluse.model.instance import environment_named
from ecluse.model.problem import Exit

USUAL = 600
"""Seconds for a command whose output is one JSON document: nobody watches it."""


@click.command(
    cls=BehindDashes,
    epilog="Examples:  ecluse exec production    ecluse exec production -- python manage.py shell    "
    "ecluse exec production --host web2 -- env    ecluse exec -- python manage.py loaddata --format=json - <data.json",
)
@options.environment
@click.option("--host", default="", metavar="HOST", help="There (default: the first host that serves).")
@click.option(
    "--timeout", type=click.IntRange(min=1), metavar="SECONDS",
    help=f"End a command after so long (default: never; with --json {USUAL}).",
)  # fmt: skip
@options.wait
@options.as_json
@options.folder
def command(
    environment_argument: str | None,
    environment_option: str | None,
    host: str,
    timeout: int | None,
    wait: timedelta | None,
    as_json: bool,
    folder: Path,
) -> None:
    """A shell, or the command behind `--`, in the release that serves, with its packages, settings and secrets.

    On a terminal it has one too, on a host over SSH as well; else it reads what is piped, and secrets are masked in
    what it prints. Its exit code is ours (128 and more: ended by a signal). A command holds the environment, so that
    no deploy passes under it, and an interrupt ends it; a shell holds nobody up. With --json the command reads
    nothing, and the last 64 KiB of its output are told.
    """
    argv, terminal = behind(), assembly.terminal()
    if as_json and not argv:
        raise click.UsageError("a shell has no document: give a command, `ecluse exec --json -- env`")
    within = timedelta(seconds=timeout) if timeout else None

    async def work(at: session.Session) -> Exit:
        name = options.chosen(environment_argument, environment_option)
        if environment_argument and environment_named(at.app, environment_argument) is None:
            raise click.UsageError(f"no environment '{name}'; a command stands behind `--`: ecluse exec -- {name}")
        wanted = at.wanted(name)
        if as_json:
            if has_input(STANDARD_INPUT):
                at.world.reporter.note("! with --json `exec` reads nothing: what is piped to it is left unread")
            ran = await one_off(wanted, argv, within or timedelta(seconds=USUAL), at.world, wait, host=host)
            at.answer(asdict(ran))
            code = Exit.REFUSED if ran.exit_code is None else ran.exit_code
        else:
            code = await attach(wanted, argv, terminal, at.world, host=host, within=within, wait=wait)
        sys.exit(code)

    session.run(folder, work, as_json=as_json, keys=as_json or not terminal.is_interactive)
