"""`ecluse init`"""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from ecluse import whereabouts
from ecluse.cli import options
from ecluse.cli.init_each import Part, Parts, init_each, keep, read_and_try
from ecluse.cli.ports import free_port, kept_port
from ecluse.cli.render import adopted as render
from ecluse.cli.session import as_document, guarded, print_json, show
from ecluse.loop.plan.init import Found, Request, SeveralAppsError
from ecluse.model.problem import Exit, Problem, ProblemError

MANIFEST = "ecluse.toml"
LATER = "a table [security] stops what is unsafe (`ecluse explain security`) · ecluse hooks install"
"""What a team wants that `init` doesn't put in anybody's way: a first ship stops for nothing that wasn't asked for."""
WIDTH = 80
"""Columns where there is no terminal to ask."""


@click.command("init", epilog="Example:  ecluse init && ecluse ship")
@options.folder
@click.option("--yes", "-y", is_flag=True, help="Ask nothing; for scripts.")
@click.option("--no-try", is_flag=True, help="Read only: build and start nothing.")
@click.option("--force", is_flag=True, help="Replace an existing ecluse.toml.")
@options.dry_run
@options.as_json
def command(folder: Path, *, yes: bool, no_try: bool, force: bool, dry_run: bool, as_json: bool) -> None:
    """Read the repository here, try what it needs, and write ecluse.toml."""

    root = folder.resolve() if named("folder") else whereabouts.find_app(folder)
    path = root / MANIFEST
    if root != folder.resolve():
        click.echo(f"this folder is a part of {root}; `ecluse init -C .` takes it for an app of its own", err=True)

    async def work() -> Exit:
        known = declared_in(root)
        if known and not dry_run:
            may = force or may_replace(known, ask=not (yes or as_json))
            require_replaceable(known, may=may)
        request = Request(port=lambda: kept_port(root) or free_port(), should_try=not no_try)
        try:
            found = await read_and_try(root, request)
        except SeveralAppsError as several:
            parts = Parts(root=root, folders=several.folders, request=request, force=force, write=not dry_run)
            agreed(several.folders, ask=not (yes or as_json))
            return tell_each(parts, await init_each(parts), as_json=as_json)
        if not dry_run:
            keep(found, path)
            whereabouts.clear_above(root)
        tell(found, path, wrote=not dry_run, as_json=as_json)
        return Exit.DONE

    guarded(work, as_json=as_json)


def named(option: str) -> bool:
    """Whether the person gave an option, be it with the value that it has anyway."""
    return click.get_current_context().get_parameter_source(option) is ParameterSource.COMMANDLINE


def declared_in(root: Path) -> Path | None:
    """The file that holds a manifest already, if one does."""
    pyproject = root / "pyproject.toml"
    if (root / MANIFEST).exists():
        return root / MANIFEST
    return pyproject if pyproject.is_file() and b"[tool.ecluse" in pyproject.read_bytes() else None


def may_replace(path: Path, *, ask: bool) -> bool:
    """Whether a person says so; where nobody is at a terminal there is nobody to ask."""
    return ask and sys.stdin.isatty() and click.confirm(f"{path} exists. Replace it?", err=True)


def require_replaceable(path: Path, *, may: bool) -> None:
    """ProblemError I003 unless it may be replaced, I005 when it stands in a file that holds more than the manifest."""
    if not may:
        raise ProblemError(exists(path))
    if path.name != MANIFEST:
        raise ProblemError(shared(path))


def shared(path: Path) -> Problem:
    return Problem(
        code="I005",
        what=f"the manifest stands in {path.name}, which `init` doesn't rewrite, and there can't be two",
        fix=f"remove the table [tool.ecluse] from {path.name}, then `ecluse init`; "
        "`ecluse init --dry-run` shows what it would be",
        state="nothing was changed",
    )


def exists(path: Path) -> Problem:
    return Problem(
        code="I003",
        what=f"{path.name} holds a manifest already",
        fix="edit it, or replace it with `ecluse init --force`; `ecluse init --dry-run` shows what it would be",
        state="nothing was changed",
    )


def agreed(folders: tuple[str, ...], *, ask: bool) -> None:
    """ProblemError I006 when the person doesn't want a manifest for each of several apps."""
    click.echo(f"there are {len(folders)} apps here: {', '.join(folders)}", err=True)
    if ask and sys.stdin.isatty() and not click.confirm("Write a manifest for each?", default=True, err=True):
        raise ProblemError(
            Problem(
                code="I006",
                what="there are several apps here",
                fix=f"take one: ecluse init -C {folders[0]}",
                state="nothing was written",
            )
        )


def tell_each(parts: Parts, told: tuple[Part, ...], *, as_json: bool) -> Exit:
    """What became of each; the code is that of the first without a manifest."""
    for part in told:
        click.secho(f"{part.name}  ({part.path.parent})", bold=True, err=True)
        if part.found and not as_json:
            tell(part.found, part.path, wrote=parts.write, as_json=False)
        elif part.problems:
            show(part.problems, as_json=False)
        elif not part.found:
            click.echo("has a manifest already, which stays", err=True)
    if as_json:
        apps = {part.name: document_of(part, wrote=parts.write) for part in told}
        print_json({"outcome": "written" if parts.write else "shown", "path": str(parts.path), "apps": apps})
    elif parts.write and any(part.found for part in told):
        click.echo(f"wrote {parts.path}, which names them; next: commit the manifests, then ecluse ship", err=True)
    return next((part.problems[0].exit for part in told if part.problems), Exit.DONE)


def document_of(part: Part, *, wrote: bool) -> dict[str, Any]:
    if part.found:
        return render.document(part.found, part.path, wrote=wrote)
    return {"outcome": "halted" if part.problems else "kept", "problems": [as_document(one) for one in part.problems]}


def tell(found: Found, path: Path, *, wrote: bool, as_json: bool) -> None:
    """The document on standard output; else the report on standard error, and the manifest that wasn't written."""
    if as_json:
        print_json(render.document(found, path, wrote=wrote))
        return
    watched = sys.stderr.isatty()
    width = shutil.get_terminal_size().columns if watched else WIDTH
    for line in render.text(found, width=width, tried=not watched):
        click.echo(line, err=True)
    if wrote:
        there = "" if path.parent == Path.cwd() else f"cd {shlex.quote(str(path.parent))} && "
        click.echo(f"\nwrote {' and '.join((path.name, *found.lists))}; next:", err=True)
        click.secho(f"  {there}{next_command(found)}", bold=True, err=True)
        click.echo(f"later: {LATER}", err=True)
    else:
        click.echo(found.text)


def next_command(found: Found) -> str:
    """What is to be committed, and shipped."""
    files = " ".join(map(shlex.quote, (MANIFEST, *found.lists)))
    return f"git add {files} && git commit -m 'Add {MANIFEST}' && ecluse ship"
