"""`ecluse unlock`"""

from __future__ import annotations

from pathlib import Path

import click

from ecluse.cli import options, session
from ecluse.cli.reasons import require_reason
from ecluse.cli.render.status import duration
from ecluse.loop.operate.unlock import held_by, unlock
from ecluse.model.problem import Exit


@click.command(epilog='Examples:  ecluse unlock production    ecluse unlock production --why "the CI runner died"')
@options.environment
@click.option("--why", default="", help="Recorded with it.")
@options.dry_run
@options.as_json
@options.folder
def command(
    environment_argument: str | None,
    environment_option: str | None,
    why: str,
    dry_run: bool,
    as_json: bool,
    folder: Path,
) -> None:
    """Evict whoever holds an environment; none of their orders is accepted afterwards.

    A holder that died needs none of this: its lease ends by itself. What an evicted one left open is undone.
    """

    name = options.chosen(environment_argument, environment_option)

    async def work(at: session.Session) -> Exit:
        require_reason("--why", why, environment_argument, at.app)
        environment = at.environment(name)
        found = held_by(at.app, environment, at.world) if dry_run else unlock(at.app, environment, at.world, why)
        evicted = (await found).evicted
        lease = next(iter(evicted.values()), None)
        holder = lease.holder if lease else None
        at.answer(
            {
                "outcome": "planned" if dry_run else "unlocked" if lease else "unchanged",
                "environment": name,
                "evicted": {"user": holder.user, "host": holder.host, "pid": holder.pid, "command": holder.command}
                if holder
                else None,
                "hosts": list(evicted),
            }
        )
        if lease is None or holder is None:
            click.echo(f"nobody holds {name}", err=as_json)
        else:
            who = f"{holder.user}@{holder.host} (pid {holder.pid}: {holder.command})"
            did, holds = ("would evict", "has held") if dry_run else ("evicted", "held")
            click.echo(f"{did} {who}, who {holds} {name} for {duration(lease.age)}", err=as_json)
        return Exit.DONE

    session.run(folder, work, as_json=as_json, in_an_emergency=True)
