"""`ecluse check`"""

from __future__ import annotations

from typing import Any

import click

from ecluse.cli import pipeline
from ecluse.loop.test.verb import steps_of_group


@click.command(epilog="Examples:  ecluse check    ecluse check --dirty    ecluse check --commit v1.2.0 --json")
@pipeline.shared_options
def command(**asked: Any) -> None:
    """Run the steps of the group `check`, and what they need, at a commit."""
    pipeline.run("check", lambda app: steps_of_group(app, "check"), pipeline.Asked(**asked))
