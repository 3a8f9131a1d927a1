"""`ecluse why`"""

from __future__ import annotations

from pathlib import Path

import click

from ecluse.cli import options, pipeline, session
from ecluse.loop.test.select import select
from ecluse.loop.test.why import Why, why
from ecluse.model.problem import Exit


@click.command(epilog="Examples:  ecluse why test    ecluse why lint --commit v1.2.0 --json")
@click.argument("name", metavar="STEP", shell_complete=options.complete_step)
@click.option("--commit", "revision", default="HEAD", show_default=True, help="The commit to ask at.")
@options.as_json
@options.folder
def command(name: str, revision: str, as_json: bool, folder: Path) -> None:
    """Why a step would run again: what has changed since it passed last; or why it would be skipped."""

    async def work(at: session.Session) -> Exit:
        there, commit = await at.at(revision, dirty=False)
        secrets = pipeline.secrets_of(select(there.app.steps, (name,)), at.world)
        found = await why(name, there.app, at.world, commit, secrets)
        at.answer(document(name, found))
        if not as_json:
            for one in found:
                text(one)
        return Exit.DONE

    session.run(folder, work, as_json=as_json)


def document(name: str, found: tuple[Why, ...]) -> dict[str, object]:
    """The `--json` form; its keys are stable. Of a matrix: each of its cells."""
    if len(found) == 1:
        return _document(found[0])
    return {"step": name, "cells": [_document(one) for one in found]}


def _document(found: Why) -> dict[str, object]:
    return {
        "step": found.step,
        "cached": bool(found.kept),
        "kept": found.kept,
        "since": found.since,
        "changes": list(found.changes),
        "reason": found.reason,
        "skipped": found.skipped,
    }


def text(found: Why) -> None:
    if found.kept:
        click.echo(f"{found.step} is cached: it {found.kept}, and nothing has changed that it depends on")
        return
    if found.skipped:
        click.echo(f"{found.step} would be skipped: {found.skipped}")
    who = f"a ship would run {found.step}" if found.skipped else f"{found.step} would run"
    if found.reason:
        click.echo(f"{who}: {found.reason}")
        return
    click.echo(f"{who}. It passed last at {found.since}; since then")
    for change in found.changes:
        click.echo(f"  {change}")
