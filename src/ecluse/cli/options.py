"""Options that several commands share, spelled once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

as_json = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")

dry_run = click.option("--dry-run", is_flag=True, help="Show what would be done; change nothing.")

folder = click.option(
    "-C",
    "--directory",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    help="The repository (default: here).",
)


def environment(command: Decorated) -> Decorated:
    """`ENV` as last argument or `--env`; the default is `local`."""
    command = click.argument("environment_argument", metavar="[ENV]", required=False)(command)
    return click.option("--env", "environment_option", metavar="ENV", help="The environment (default: local).")(command)


def chosen(argument: str | None, option: str | None) -> str:
    if argument and option and argument != option:
        raise click.UsageError(f"two environments named: {argument} and {option}")
    return argument or option or "local"
