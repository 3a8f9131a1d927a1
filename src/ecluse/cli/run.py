"""`ecluse run`"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ecluse.cli import options, pipeline


@click.command(
    epilog="Examples:  ecluse run lint    ecluse run test --only    ecluse run lint test --jobs 4    "
    "ecluse run test --only --artifacts out"
)
@click.argument("names", metavar="STEP...", nargs=-1, required=True, shell_complete=options.complete_step)
@click.option("--only", is_flag=True, help="Without the steps that they need.")
@click.option(
    "--artifacts", type=click.Path(file_okay=False, path_type=Path),
    help="A folder: outputs of needs that aren't run come from it, outputs and reports go to it.",
)  # fmt: skip
@pipeline.shared_options
def command(names: tuple[str, ...], only: bool, artifacts: Path | None, **asked: Any) -> None:
    """Run steps by name, and what they need, at a commit."""
    pipeline.run("run", lambda _: names, pipeline.Asked(**asked), only=only, artifacts=artifacts)
