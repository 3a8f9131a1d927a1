"""`ecluse run`"""

from __future__ import annotations

from typing import Any

import click

from ecluse.cli import options, pipeline


@click.command(epilog="Examples:  ecluse run lint    ecluse run tests --only    ecluse run lint tests --jobs 4")
@click.argument("names", metavar="STEP...", nargs=-1, required=True, shell_complete=options.complete_step)
@click.option("--only", is_flag=True, help="Without the steps that they need.")
@pipeline.shared_options
def command(names: tuple[str, ...], only: bool, **asked: Any) -> None:
    """Run steps by name, and what they need, at a commit."""
    pipeline.run("run", lambda _: names, pipeline.Asked(**asked), only=only)
