"""`ecluse ci`"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ecluse import assembly
from ecluse.cli import options, session
from ecluse.loop.ci.files import Forge, Rendered, rendered, require_ours
from ecluse.loop.ci.verify import verify_pins as ask
from ecluse.model.problem import Exit
from ecluse.model.verdict import Answer, Verdict


@click.command(epilog="Examples:  ecluse ci github    ecluse ci gitlab --dry-run    ecluse ci github --json")
@click.argument("forge", type=click.Choice([forge.value for forge in Forge]))
@click.option("--force", is_flag=True, help="Replace a file that wasn't written by this command.")
@click.option("--verify-pins", is_flag=True, help="Only ask GitHub whether the pinned actions are what it has.")
@options.dry_run
@options.as_json
@options.folder
def command(forge: str, force: bool, verify_pins: bool, dry_run: bool, as_json: bool, folder: Path) -> None:
    """Write the workflow of a forge's CI: each step as a job that calls `ecluse run STEP --only`, with the same graph.

    The file is for the repository; `ecluse check` fails when it is out of date.
    """

    async def work(at: session.Session) -> Exit:
        if verify_pins:
            return verified(await ask(at.world), as_json=as_json)
        file = await rendered(Forge(forge), at.app, at.world)
        if not force:
            require_ours(file)
        if not (dry_run or file.is_current):
            assembly.save(file.root / file.path, file.text)
        at.answer(document(file, dry_run=dry_run))
        if not as_json:
            text(file, dry_run=dry_run)
        return Exit.DONE

    session.run(folder, work, as_json=as_json)


def document(file: Rendered, *, dry_run: bool) -> dict[str, Any]:
    """The `--json` form; its keys are stable."""
    outcome = "current" if file.is_current else "planned" if dry_run else "written"
    return {"outcome": outcome, "file": file.path, "diff": list(file.difference)}


def text(file: Rendered, *, dry_run: bool) -> None:
    if file.is_current:
        click.echo(f"{file.path} is current")
    elif dry_run:
        click.echo("\n".join(file.difference))
    else:
        click.echo(f"wrote {file.path}: commit it")


def verified(verdicts: tuple[Verdict, ...], *, as_json: bool) -> Exit:
    """What couldn't be asked is said, and is no reason to stop: the pins are as good as before."""
    answers = {verdict.answer for verdict in verdicts}
    if as_json:
        told = [{"name": one.gate, "verdict": one.answer.value, "evidence": list(one.evidence)} for one in verdicts]
        session.print_json({"outcome": "failed" if Answer.FAILED in answers else "done", "pins": told})
    else:
        for one in verdicts:
            click.echo(f"{one.gate:<34} {one.answer.value.replace('_', ' ')}  {' '.join(one.evidence)}".rstrip())
    return Exit.REFUSED if Answer.FAILED in answers else Exit.DONE
