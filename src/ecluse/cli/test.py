"""`ecluse test`"""

from __future__ import annotations

from typing import Any

import click

from ecluse.cli import pipeline
from ecluse.loop.test.verb import steps_of_group


@click.command(epilog="Examples:  ecluse test    ecluse test --dirty    ecluse test --commit v1.2.0 --json")
@pipeline.shared_options
def command(**asked: Any) -> None:
    """Run the steps of the group `test`, and what they need, and read their evidence."""
    pipeline.run("test", lambda app: steps_of_group(app, "test"), pipeline.Asked(**asked))
