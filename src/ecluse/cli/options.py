"""Options that several commands share, spelled once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click

from ecluse.model.app import App
from ecluse.model.problem import ProblemError

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


def complete_environment(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """The environments of the manifest here; none when it can't be read: a completion says nothing."""
    return _declared(lambda app: [environment.name for environment in app.environments], begun)


def complete_step(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    return _declared(lambda app: [step.name for step in app.steps], begun)


def complete_process(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    return _declared(lambda app: [process.name for process in app.processes], begun)


def complete_release(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """The versions in the ledger, newest first."""
    from ecluse import assembly  # noqa: PLC0415

    try:
        with assembly.remembered(Path()) as (ledger, _clock):
            releases = ledger.state().releases.values()
    except (ProblemError, OSError):
        return []
    newest = sorted(releases, key=lambda kept: kept.at, reverse=True)
    return list(dict.fromkeys(kept.version for kept in newest if kept.version.startswith(begun)))


def _declared(names: Callable[[App], Iterable[str]], begun: str) -> list[str]:
    from ecluse import assembly  # noqa: PLC0415  heavy, and only for a completion

    try:
        return [name for name in names(assembly.declared(Path())) if name.startswith(begun)]
    except (ProblemError, OSError):
        return []


def environment(command: Decorated) -> Decorated:
    """`ENV` as last argument or `--env`; the default is `local`."""
    positional = click.argument(
        "environment_argument", metavar="[ENV]", required=False, shell_complete=complete_environment
    )
    named = click.option(
        "--env", "environment_option", metavar="ENV", help="The environment (default: local).",
        shell_complete=complete_environment,
    )  # fmt: skip
    return named(positional(command))


def chosen(argument: str | None, option: str | None) -> str:
    if argument and option and argument != option:
        raise click.UsageError(f"two environments named: {argument} and {option}")
    return argument or option or "local"
