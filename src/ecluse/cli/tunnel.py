"""`ecluse tunnel`"""

from __future__ import annotations

from pathlib import Path

import click

from ecluse import assembly
from ecluse.cli import options, session
from ecluse.loop.operate.tunnel import Asked, Opened, tunnel
from ecluse.model.problem import Exit
from ecluse.model.slot import Slot


@click.command(
    epilog="Examples:  ecluse tunnel production    ecluse tunnel production worker --host jobs1    "
    "ecluse tunnel production --slot green --port 9000"
)
@options.environment
@click.argument("process", metavar="[PROCESS]", default="", shell_complete=options.complete_process)
@click.option("--host", default="", metavar="HOST", help="There (default: the first host that has the process).")
@click.option("--slot", type=click.Choice([slot.value for slot in Slot]), help="In this one, whatever its traffic.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Of this machine (default: one that is free).")
@options.as_json
@options.folder
def command(
    environment_argument: str | None,
    environment_option: str | None,
    process: str,
    host: str,
    slot: str | None,
    port: int,
    *,
    as_json: bool,
    folder: Path,
) -> None:
    """A port of this machine that leads to a process of the release on a host, until it is interrupted.

    Without PROCESS to the one that gets the traffic; with `--slot` to a release that gets none yet. Another process is
    reached on the port that it listens on. Nothing has to be open there but SSH.
    """

    async def work(at: session.Session) -> Exit:
        environment = at.environment(options.chosen(environment_argument, environment_option))
        asked = Asked(process=process, host=host, slot=Slot(slot) if slot else None, port=port)

        def opened(found: Opened) -> None:
            told(found, at)

        await tunnel(at.app, environment, asked, assembly.loopback(), at.world, opened)
        return Exit.DONE

    session.run(folder, work, as_json=as_json, by_what_serves=True, only_reads=True)


def told(found: Opened, at: session.Session) -> None:
    address = f"127.0.0.1:{found.port}"
    way = found.way
    at.answer(
        {"address": address, "url": f"http://{address}", "host": found.host, "process": way.process, "slot": way.slot}
    )
    if not at.as_json:
        click.echo(f"{click.style(f'http://{address}', bold=True)} leads to {way.process} ({way.slot}) on {found.host}")
        click.echo("Ctrl-C ends it")
