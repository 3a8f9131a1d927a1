"""`ecluse logs`"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from functools import cache
from pathlib import Path

import click

from ecluse.cli import options, session
from ecluse.cli.streams import is_read
from ecluse.loop.deploy.fleet import fleet_of
from ecluse.loop.operate.logs import logs
from ecluse.model.problem import Exit
from ecluse.ports.target import LogLine


@click.command(epilog="Examples:  ecluse logs    ecluse logs -f    ecluse logs production --process worker -n 500")
@options.environment
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes.")
@click.option(
    "-n", "--lines", default=100, show_default=True, type=click.IntRange(min=0), help="How many to begin with."
)
@click.option("--process", help="Only this process.", shell_complete=options.complete_process)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@options.folder
def command(
    environment_argument: str | None,
    environment_option: str | None,
    follow: bool,
    lines: int,
    process: str | None,
    as_json: bool,
    folder: Path,
) -> None:
    """What the processes print, both slots, oldest first."""

    async def work(at: session.Session) -> Exit:
        environment = at.environment(options.chosen(environment_argument, environment_option))
        fleet = fleet_of(at.world, at.app, environment)

        @cache
        def version_of(release: str) -> str:
            known = at.world.ledger.state().releases.get(release)
            return known.version if known else ""

        async for host, line in logs(at.app, fleet, follow=follow, process=process, lines=lines):
            version = version_of(line.release)
            named = {"version": version} if fleet.is_single else {"host": host, "version": version}
            where = "" if fleet.is_single else f"{host} "
            shown = {**named, **asdict(line)} if as_json else text(line, version, where)
            click.echo(json.dumps(shown, default=str, ensure_ascii=False) if as_json else shown)
            if not is_read(sys.stdout):
                break
        return Exit.DONE

    session.run(folder, work, as_json=as_json, by_what_serves=True, only_reads=True)


def text(line: LogLine, version: str, where: str = "") -> str:
    """The version in its slot's colour: which release said it is what one wants to know after a deploy."""
    stamp = click.style(f"{line.at.astimezone():%H:%M:%S}", dim=True)
    colour = "blue" if line.slot == "blue" else "green"
    source = f"{version or line.slot} {line.process}" if line.slot else line.process
    return f"{stamp} {where}{click.style(source, fg=colour)} {line.text}"
