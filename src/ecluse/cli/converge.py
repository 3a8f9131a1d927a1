"""`ecluse converge`"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from ecluse import assembly
from ecluse.cli import options, session
from ecluse.cli.render import orders
from ecluse.loop.operate.converge import converge
from ecluse.loop.plan.orders import orders_of_verb
from ecluse.model.problem import Exit


@click.command(epilog="Examples:  ecluse converge production --dry-run    ecluse converge production")
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
    """Bring hosts that missed a deployment to what was decided, and secrets to those that were started anew.

    Secrets are on no disk: after a reboot what serves waits for them, and is started where it is once it has them.
    """  # fmt: skip

    environment = options.chosen(environment_argument, environment_option)

    async def work(at: session.Session) -> Exit:
        wanted = at.wanted(environment)
        if dry_run:
            found = await orders_of_verb(lambda world: converge(wanted, world), assembly.rehearsal(at.world))
            orders.told(at, environment, f"bring the hosts of {environment} to what was decided", found)
            return Exit.DONE
        done = await converge(wanted, at.world, wait)
        at.answer(
            {
                "outcome": "mixed" if done.lost else "converged",
                "environment": environment,
                "version": done.version,
                "release": done.release,
                "brought": list(done.brought),
                "revived": list(done.revived),
                "lost": dict(done.lost),
            }
        )
        serves = (*done.brought, *done.revived)
        brought = f"{', '.join(serves)} serves {done.version} now" if serves else "nothing was behind"
        click.echo(f"{environment}: {brought}", err=as_json)
        for host, why in done.lost.items():
            click.echo(f"  {host} can't be reached: {why}", err=True)
        return Exit.UNREACHABLE if done.lost else Exit.DONE

    session.run(folder, work, as_json=as_json)
