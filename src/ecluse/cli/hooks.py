"""`ecluse hooks`"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import click

from ecluse import assembly
from ecluse.cli import options, session
from ecluse.loop.code import hooking, hooks
from ecluse.loop.code.hooks import BEFORE, READ, Hook
from ecluse.model.problem import Exit, ProblemError

VERBS = ("list", "install", "uninstall", "message")


@click.command(epilog="Examples:  ecluse hooks install    ecluse hooks    ecluse hooks uninstall")
@click.argument("verb", metavar="[list|install|uninstall|message]", type=click.Choice(VERBS), default="list")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Keep hooks of your own aside, and ask nothing.")
@options.dry_run
@options.as_json
@options.folder
def command(verb: str, file: Path | None, force: bool, dry_run: bool, as_json: bool, folder: Path) -> None:
    """Git hooks that run the steps of the group `check` on what is about to be committed or pushed.

    Where the newest commits follow Conventional Commits, new ones have to; `message FILE` asks that of one.
    """
    if (file is None) == (verb == "message"):
        raise click.UsageError("`message` takes the file of a commit's message, and nothing else takes a file")

    async def asked() -> Exit:
        assert file is not None  # noqa: S101  looked at above
        problem = hooks.message_problem(file.read_text(encoding="utf-8", errors="replace"))  # noqa: ASYNC240 small
        if problem:
            raise ProblemError(problem)
        return Exit.DONE

    async def work(at: session.Session) -> Exit:
        place = await assembly.hooks_folder(at.world)
        if place.is_configured and verb == "install":
            raise ProblemError(hooks.elsewhere(str(place.path)))
        if verb == "install":
            wanted = await wanted_here(at, hooking.folders(place))
            consent(hooks.own_hooks(hooking.states(place), wanted), force=force or dry_run)
            done = hooking.install(place, wanted, dry_run=dry_run)
        elif verb == "uninstall":
            done = hooking.uninstall(place, dry_run=dry_run)
        else:
            done = {name: state.value for name, state in hooking.states(place).items()}
        at.answer({"outcome": "planned" if dry_run else "done", "folder": str(place.path), "hooks": done})
        if not as_json:
            text(done)
        return Exit.DONE

    if verb == "message":
        session.guarded(asked, as_json=as_json)
    session.run(folder, work, as_json=as_json)


async def wanted_here(at: session.Session, others: tuple[str, ...]) -> tuple[Hook, ...]:
    source = at.world.source
    history = await source.changes(None, await source.resolve("HEAD"), newest=READ)
    _, folder = await source.around()
    return hooks.hooks_for(at.app, history, sys.executable, folder, others)


def consent(own: tuple[str, ...], *, force: bool) -> None:
    """Nobody's own hook is replaced without a word: asked of a person, a Problem for a script."""
    if not own or force:
        return
    if not sys.stdin.isatty():
        raise ProblemError(hooks.in_the_way(own))
    click.confirm(f"Keep your own {', '.join(own)} as NAME{BEFORE}, and put ours there?", abort=True, err=True)


def text(done: Mapping[str, str]) -> None:
    for name, state in done.items():
        click.echo(f"{name:<12} {state}")
    if not done:
        click.echo(
            "nothing to install: no step of the group `check`, and fewer than four in five of the newest commits,"
        )
        click.echo(f"or of fewer than {hooks.FEWEST}, follow Conventional Commits")
