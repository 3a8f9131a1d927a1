"""`ecluse plan`"""

from __future__ import annotations

from pathlib import Path

import click

from ecluse.cli import options, session
from ecluse.cli.render import plan as render
from ecluse.loop.plan.next_release import next_release
from ecluse.model.problem import Exit


@click.command(epilog="Examples:  ecluse plan    ecluse plan production    ecluse plan --json | jq -r '.tickets[].key'")
@options.environment
@click.option("--commit", "revision", default="HEAD", show_default=True, help="What would be released.")
@options.as_json
@options.folder
def command(
    environment_argument: str | None,
    environment_option: str | None,
    revision: str,
    *,
    as_json: bool,
    folder: Path,
) -> None:
    """What would be in the next release: version, commits since the last one, their tickets and where each stands.

    With an environment: since what serves there. A tracker that can't be asked is said, and is no failure.
    """
    named = environment_argument or environment_option
    chosen = options.chosen(environment_argument, environment_option) if named else None

    async def work(at: session.Session) -> Exit:
        environment = at.environment(chosen) if chosen else None
        commit = await at.world.source.resolve(revision)
        planned = await next_release(at.app, environment, commit, at.world)
        at.answer(render.document(planned))
        if not as_json:
            render.text(planned)
        return Exit.DONE

    session.run(folder, work, as_json=as_json)
