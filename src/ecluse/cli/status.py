"""`ecluse status`"""

from __future__ import annotations

from pathlib import Path

import click

from ecluse.cli import options, session
from ecluse.cli.render import status as render
from ecluse.cli.render.problems import render as render_problem
from ecluse.cli.several import run_each
from ecluse.loop.monitor.status import document, status, unhealthy, unreachable
from ecluse.model.instance import instances_among
from ecluse.model.problem import Exit


@click.command(
    epilog="Examples:  ecluse status    ecluse status production --json    ecluse status --check || page-someone"
)
@options.environment
@click.option("--check", is_flag=True, help="Exit 1 unless every environment shown is healthy.")
@options.as_json
@options.folder_of_any
def command(
    environment_argument: str | None, environment_option: str | None, check: bool, as_json: bool, folder: Path
) -> None:
    """What serves now. The target is asked, not the memory."""

    async def work(at: session.Session) -> Exit:
        named = environment_argument or environment_option
        chosen = (at.environment(options.chosen(environment_argument, environment_option)),) if named else ()
        serving = (known.name for known in at.world.ledger.state().environments.values() if known.serving)
        made = instances_among(at.app, serving)
        found = await status(at.app, chosen or (*at.app.environments, *made), at.world)
        at.answer(document(found))
        if not as_json:
            render.text(found, at.world.clock.now())
        problem = unreachable(found) or (unhealthy(found) if check else None)
        if problem is not None:
            render_problem(problem)
        return problem.exit if problem else Exit.DONE

    run_each(folder, work, as_json=as_json, in_an_emergency=True, by_what_serves=True)
