"""`ecluse update`"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ecluse import assembly, whereabouts
from ecluse.cli import options
from ecluse.cli.new import say
from ecluse.cli.session import guarded, print_json
from ecluse.loop.plan.updating import Updated, update
from ecluse.model.counted import counted
from ecluse.model.problem import Exit
from ecluse.model.template import ANSWERS_FILE, How


@click.command(epilog="Examples:  ecluse update --dry-run    ecluse update    ecluse update --to 1.1.0")
@click.option("--to", "version", default="", metavar="VERSION", help="Of the template (default: the newest).")
@options.dry_run
@options.as_json
@options.folder
def command(version: str, dry_run: bool, as_json: bool, folder: Path) -> None:
    """Merge a later template into a project that `ecluse new` made; what you changed stays.

    The tree has to be clean. Where both sides changed the same lines, the file is left with markers, and the exit code
    is 6: resolve them as those of a merge.
    """
    project = project_around(folder)

    async def work() -> Exit:
        async with assembly.founding(project) as at:
            done = await update(project, version, at.templates, at.source, say, write=not dry_run)
        if as_json:
            print_json(document(done, wrote=not dry_run))
        else:
            tell(done, wrote=not dry_run)
        return Exit.NEEDS_PERSON if done.conflicts and not dry_run else Exit.DONE

    guarded(work, as_json=as_json)


def project_around(folder: Path) -> Path:
    """The nearest folder upwards that holds the answers; else where an app would be, which is told to have none."""
    here = folder.resolve()
    found = (up for up in (here, *here.parents) if (up / ANSWERS_FILE).is_file())
    return next(found, whereabouts.find_root(folder))


def outcome(done: Updated, *, wrote: bool) -> str:
    if done.before == done.after:
        return "current"
    return "planned" if not wrote else "conflicts" if done.conflicts else "updated"


def document(done: Updated, *, wrote: bool) -> dict[str, Any]:
    return {
        "outcome": outcome(done, wrote=wrote),
        "from": done.before,
        "to": done.after,
        "notes": list(done.notes),
        "changes": [{"path": one.path, "how": one.how.value} for one in done.changes],
    }


WORDS = {How.KEPT: "kept", How.CONFLICT: "CONFLICT"}


def tell(done: Updated, *, wrote: bool) -> None:
    if done.before == done.after:
        click.echo(f"the project is at {done.after} of the template already")
        return
    for note in done.notes:
        click.echo(f"  {note}")
    for one in done.changes:
        colour = "red" if one.how is How.CONFLICT else None
        click.secho(f"{WORDS.get(one.how, one.how.value):<9} {one.path}", fg=colour)
    files = counted(len(done.changes), "file")
    click.echo(f"{'updated' if wrote else 'would update'} from {done.before} to {done.after}: {files}")
    if wrote:
        say(next_step(done))


def next_step(done: Updated) -> str:
    if done.conflicts:
        return (
            f"next: resolve {', '.join(done.conflicts)}, then git add and commit; "
            "`git reset --hard && git clean -fd` takes it all back"
        )
    return "next: git diff, ecluse test --dirty, then git add --all && git commit -m 'chore: update the template'"
