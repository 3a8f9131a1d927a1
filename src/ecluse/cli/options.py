"""Options that several commands share, spelled once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

from ecluse.model.app import App
from ecluse.model.problem import ProblemError
from ecluse.model.suggestion import suggest

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

as_json = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")

dry_run = click.option("--dry-run", is_flag=True, help="Show what would be done; change nothing.")


def _reason(_: click.Context, __: click.Parameter, given: str | None) -> str:
    """What can't be one is refused: nothing, an option that was meant to follow, punctuation."""
    said = (given or "").strip()
    if given is not None and (said.startswith("-") or not any(letter.isalnum() for letter in said)):
        raise click.BadParameter("say why")
    return said


override = click.option(
    "--override",
    metavar="WHY",
    callback=_reason,
    help="Go on although policies say no, all of them; recorded with your reason.",
)


def duration_option(_: click.Context, __: click.Parameter, given: str | None) -> timedelta | None:
    if given is None:
        return None
    from ecluse.manifest.amounts import duration  # noqa: PLC0415

    try:
        return duration(given)
    except ValueError as error:
        raise click.BadParameter(f"{error}; write it like 90s or 10m") from error


wait = click.option(
    "--wait", is_flag=False, flag_value="1h", metavar="[DURATION]", callback=duration_option,
    help="Stand in line while somebody else has the environment (default: an hour), instead of exit 4.",
)  # fmt: skip

on = click.option(
    "--on", "--host", "on", multiple=True, metavar="HOST|GROUP",
    help="On this host, or on this group of the manifest's, only; may be given again.",
)  # fmt: skip

APP = "ecluse.app"
"""Where a click context keeps the app that was named."""
SEVERAL = "ecluse.several"
"""Where it keeps whether the repository has several, so that a line that tells of one should name it."""


def _named(context: click.Context, _: click.Parameter, name: str | None) -> None:
    context.meta[APP] = name


def _of_one(context: click.Context, parameter: click.Parameter, folder: Path) -> Path:
    found = _of_any(context, parameter, folder)
    if found is folder and (apps := _apps(folder)):
        known = ", ".join(apps)
        raise click.BadParameter(f"there are several apps here: {known}; name one", param_hint="'--app'")
    return found


def _of_any(context: click.Context, _: click.Parameter, folder: Path) -> Path:
    """The folder of the app that is meant: where a repository has several, the one that is named, or the only one."""
    name, apps = context.meta.get(APP), _apps(folder)
    context.meta[SEVERAL] = len(apps) > 1
    if name is not None and name not in apps:
        known = f"there are {', '.join(apps)}" if apps else "the manifest names no [apps]"
        raise click.BadParameter(f"no app '{name}'; {suggest(name, apps) or known}", param_hint="'--app'")
    return apps[name] if name else next(iter(apps.values())) if len(apps) == 1 else folder


def _apps(folder: Path) -> dict[str, Path]:
    """None where the manifest is wrong: the command itself tells that, in its own way."""
    from ecluse import whereabouts  # noqa: PLC0415

    try:
        return whereabouts.apps_of(folder)
    except (ProblemError, OSError):
        return {}


def folder(command: Decorated) -> Decorated:
    """`-C DIR` and `--app NAME`: the command gets the folder of one app."""
    return _where(_of_one)(command)


def folder_of_any(command: Decorated) -> Decorated:
    """The same for a command that also knows what to do where there are several and none is named."""
    return _where(_of_any)(command)


def _where(callback: Callable[[click.Context, click.Parameter, Path], Path]) -> Callable[[Decorated], Decorated]:
    where = click.option(
        "-C",
        "--directory",
        "folder",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        default=".",
        callback=callback,
        help="The repository (default: here).",
    )
    which = click.option(
        "--app", metavar="NAME", envvar="ECLUSE_APP", is_eager=True, expose_value=False, callback=_named,
        shell_complete=complete_app, help="One of several apps of the repository.",
    )  # fmt: skip
    return lambda command: where(which(command))


def complete_app(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    return [name for name in _apps(Path()) if name.startswith(begun)]


def complete_environment(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """The environments of the manifest here; none when it can't be read: a completion says nothing."""
    return _declared(lambda app: [environment.name for environment in app.environments], begun)


def complete_step(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """Cells of a matrix too, and the step that they are cells of."""
    return _declared(lambda app: dict.fromkeys(one for step in app.steps for one in (step.of, step.name) if one), begun)


def complete_process(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    return _declared(lambda app: [process.name for process in app.processes], begun)


def complete_service(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    return _declared(lambda app: [service.name for service in app.services], begun)


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
