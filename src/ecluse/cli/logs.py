"""`ecluse logs`"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import timedelta
from functools import cache
from pathlib import Path

import click

from ecluse.cli import options, session
from ecluse.cli.streams import is_read
from ecluse.loop.deploy.fleet import fleet_of
from ecluse.loop.operate.logs import ALL, BEGIN_WITH, LogOrder, choose, logs
from ecluse.model.problem import Exit
from ecluse.model.slot import Slot
from ecluse.ports.target import LogLine

EXAMPLES = """
Examples:  ecluse logs    ecluse logs -f    ecluse logs --since 10m --process worker    ecluse logs --release 1.4.2
"""


@click.command(epilog=EXAMPLES)
@options.environment
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes, of every release.")
@click.option(
    "-n", "--lines", type=click.IntRange(min=0), help=f"How many to begin with (default: {BEGIN_WITH}; all of --since)."
)
@click.option(
    "--release",
    metavar="VERSION",
    default="",
    shell_complete=options.complete_release,
    help=f"Only this release: version, tag, id, or `{ALL}` (default: the one that serves).",
)
@click.option("--slot", type=click.Choice(list(Slot)), help="Only what is in this slot.")
@click.option("--process", help="Only this process or service.", shell_complete=options.complete_process)
@click.option("--since", metavar="DURATION", callback=options.duration_option, help="Not older than this, as 10m.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@options.folder
def command(
    environment_argument: str | None,
    environment_option: str | None,
    follow: bool,
    lines: int | None,
    release: str,
    slot: str | None,
    process: str | None,
    since: timedelta | None,
    as_json: bool,
    folder: Path,
) -> None:
    """What the processes print, oldest first: of the release that serves, unless another one is named."""
    order = LogOrder(
        follow=follow, lines=lines, process=process, release=release, slot=Slot(slot) if slot else None, since=since
    )

    async def work(at: session.Session) -> Exit:
        environment = at.environment(options.chosen(environment_argument, environment_option))
        fleet = fleet_of(at.world, at.app, environment)

        seen = await fleet.observe()
        there = {str(slot.release): slot.version for one in seen.hosts.values() for slot in one.slots}

        @cache
        def version_of(release: str) -> str:
            known = at.world.ledger.state().releases.get(release)
            return known.version if known else there.get(release) or ""

        chosen = choose(order, seen, at.world.ledger.state(), environment)
        if chosen.release and not (release or as_json):
            click.secho(whose(version_of(chosen.release) or chosen.release, slot), dim=True, err=True)
        async for host, line in logs(at.app, fleet, order, chosen):
            version = version_of(line.release)
            named = {"version": version} if fleet.is_single else {"host": host, "version": version}
            where = "" if fleet.is_single else f"{host} "
            shown = {**named, **asdict(line)} if as_json else text(line, version, where)
            click.echo(json.dumps(shown, default=str, ensure_ascii=False) if as_json else shown)
            if not is_read(sys.stdout):
                break
        return Exit.DONE

    session.run(folder, work, as_json=as_json, in_an_emergency=True, by_what_serves=True, only_reads=True)


def whose(version: str, slot: str | None) -> str:
    """That a choice was made which nobody asked for."""
    there = f"is in {slot}" if slot else "serves"
    return f"lines of {version}, which {there} (--release {ALL}: those of every release)"


def text(line: LogLine, version: str, where: str = "") -> str:
    """The version in its slot's colour: which release said it is what one wants to know after a deploy."""
    stamp = click.style(f"{line.at.astimezone():%H:%M:%S}", dim=True)
    colour = "blue" if line.slot == "blue" else "green"
    source = f"{version or line.slot} {line.process}" if line.slot else line.process
    return f"{stamp} {where}{click.style(source, fg=colour)} {line.text}"
