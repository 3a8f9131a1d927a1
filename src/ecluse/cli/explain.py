"""`ecluse explain`"""

from __future__ import annotations

import click

from ecluse.cli import options, session
from ecluse.manifest import explain
from ecluse.model.problem import Exit


@click.command(epilog="Examples:  ecluse explain processes.web.health.path    ecluse explain steps")
@click.argument("key", required=False, default="")
@options.as_json
def command(key: str, as_json: bool) -> None:
    """What a key or section of the manifest means: its type, default and an example. Without KEY: all sections."""

    async def work() -> Exit:
        found = explain.find(key)
        if as_json:
            session.print_json(explain.as_document(found))
        else:
            click.echo(explain.as_text(found))
        return Exit.DONE

    session.guarded(work, as_json=as_json)
