"""`ecluse new`"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import click

from ecluse import assembly
from ecluse.cli import options
from ecluse.cli.ports import free_port
from ecluse.cli.session import guarded, print_json
from ecluse.loop.ci.files import Forge
from ecluse.loop.plan.founding import Founded, NewProject, found, require_fit
from ecluse.model.counted import counted
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.template import KINDS, Kind


@click.command(
    epilog="Examples:  ecluse new shop    ecluse new shop --kind django --ci gitlab    ecluse new tally --kind cli"
)
@click.argument("place", metavar="NAME", type=click.Path(path_type=Path))
@click.option("--kind", type=click.Choice([kind.value for kind in Kind]), help="What it shall be; asked at a terminal.")
@click.option("--description", default="", metavar="TEXT", help="What it is, in one line.")
@click.option(
    "--ci",
    "forges",
    type=click.Choice([forge.value for forge in Forge]),
    multiple=True,
    default=(Forge.GITHUB.value,),
    show_default=True,
    help="Whose CI gets a file; may be given twice.",
)
@click.option("--template", "version", default="", metavar="VERSION", help="Of the template (default: the newest).")
@options.dry_run
@options.as_json
def command(
    *,
    place: Path,
    kind: str | None,
    description: str,
    forges: tuple[str, ...],
    version: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Begin a project NAME (or at the path NAME) from a template, as a git repository with a first commit.

    It has an example to replace, tests, a container, infrastructure, monitoring and CI, passes its own gates and ships.
    """
    folder = Path.cwd() / place

    async def work() -> Exit:
        chosen = Kind(kind) if kind else asked(folder.name, ask=not as_json)
        async with assembly.founding(folder) as at:
            wanted = NewProject(
                folder=folder,
                kind=chosen,
                description=" ".join(description.split()),
                year=at.clock.now().year,
                port=free_port(),
                version=version,
                forges=tuple(Forge(forge) for forge in forges),
            )
            require_fit(wanted)
            founded = await found(wanted, at.templates, at.founder, say, write=not dry_run)
        if as_json:
            print_json(document(founded, place, wrote=not dry_run))
        else:
            tell(founded, place, wrote=not dry_run)
        return Exit.DONE

    guarded(work, as_json=as_json)


def say(line: str) -> None:
    click.echo(line, err=True)


def asked(name: str, *, ask: bool) -> Kind:
    """What a person at a terminal chooses; where there is none, ProblemError N001."""
    if not (ask and sys.stdin.isatty()):
        raise ProblemError(
            Problem(
                code="N001",
                what="nobody said what it shall be, and there is no terminal to ask",
                state="nothing was written",
                fix=f"name a kind: ecluse new {shlex.quote(name)} --kind {'|'.join(Kind)}",
            )
        )
    for kind, what in KINDS.items():
        click.echo(f"  {kind:<8} {what}", err=True)
    names = click.Choice([kind.value for kind in Kind])  # of the enumeration itself it would take the names in capitals
    return Kind(click.prompt("What shall it be?", type=names, default=Kind.FASTAPI.value, err=True))


def next_commands(founded: Founded, place: Path) -> tuple[str, ...]:
    there = f"cd {shlex.quote(str(place))}"
    if founded.kind.is_packaged:
        return (there, "ecluse check && ecluse test", "ecluse release --dry-run")
    return (there, "ecluse ship", "ecluse status")


def document(founded: Founded, place: Path, *, wrote: bool) -> dict[str, Any]:
    return {
        "outcome": "created" if wrote else "planned",
        "path": str(founded.folder),
        "kind": founded.kind.value,
        "template": founded.version,
        "files": list(founded.files),
        "next": list(next_commands(founded, place)),
    }


def tell(founded: Founded, place: Path, *, wrote: bool) -> None:
    if not wrote:
        click.echo("\n".join(founded.files))
        say(f"would make {place}, {KINDS[founded.kind]}, of {counted(len(founded.files), 'file')}")
        return
    if founded.around:
        say(f"it lies in the repository {founded.around}, and is a repository of its own")
    click.echo(
        f"made {place}: {KINDS[founded.kind]}, from template {founded.version}, {counted(len(founded.files), 'file')}, "
        "one commit; next:"
    )
    for line in next_commands(founded, place):
        click.secho(f"  {line}", bold=True)
