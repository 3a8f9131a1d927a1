"""What `ecluse promote` and `ecluse resume` have in common: an open deployment goes on."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from ecluse import assembly
from ecluse.cli import options, session
from ecluse.cli.render import orders
from ecluse.cli.render import shipped as render
from ecluse.loop.operate.rollback import with_way_back
from ecluse.loop.operate.unfinished import resume
from ecluse.loop.plan.orders import orders_of_verb
from ecluse.model.problem import Exit


def going_on(what: str, *, promote: bool, epilog: str) -> click.Command:
    """A command whose help says `what`."""

    @click.command(help=what, epilog=epilog)
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
        environment = options.chosen(environment_argument, environment_option)

        async def work(at: session.Session) -> Exit:
            wanted = at.wanted(environment)
            if dry_run:
                found = await orders_of_verb(
                    lambda world: resume(wanted, world, promote=promote), assembly.rehearsal(at.world)
                )
                orders.told(at, environment, f"go on with what is open in {environment}", found)
                return Exit.DONE
            shipped = await resume(wanted, at.world, promote=promote, wait=wait)
            return render.ended(with_way_back(shipped, at.world), as_json=as_json)

        session.run(folder, work, as_json=as_json, otherwise=render.halted(environment), tells=not dry_run)

    return command
