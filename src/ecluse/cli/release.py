"""`ecluse release`"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ecluse.cli import options, session
from ecluse.loop.build.bundle import build
from ecluse.loop.deploy.wanted import keep_app
from ecluse.loop.release.make import PlannedRelease, make_release, plan_release
from ecluse.model.problem import Exit
from ecluse.model.release import Release


@click.command(epilog="Examples:  ecluse release --dry-run    ecluse release    ecluse release --json | jq -r .notes")
@click.option("--commit", "revision", default="HEAD", show_default=True, help="What to release.")
@options.dry_run
@options.as_json
@options.folder
def command(revision: str, dry_run: bool, as_json: bool, folder: Path) -> None:
    """Name a version: from the commits since the last tag, with notes and an annotated tag. Nothing is deployed."""

    async def work(at: session.Session) -> Exit:
        there, commit = await at.at(revision, dirty=False)
        world, app = at.world, there.app
        planned = await plan_release(app, world, commit, tag=True, dirty=False)
        if dry_run:
            return ended(at, planned, None)
        bundle, built = await build(app, world, commit=commit, dirty=False)
        world.ledger.append(*built)
        release, made = await make_release(planned, bundle, keep_app(app, world.store), world)
        world.ledger.append(*made)
        return ended(at, planned, release)

    session.run(folder, work, as_json=as_json, tells=not dry_run)


def ended(at: session.Session, planned: PlannedRelease, release: Release | None) -> Exit:
    at.answer(document(planned, release))
    if not at.as_json:
        click.echo(told(planned, release))
    return Exit.DONE


def document(planned: PlannedRelease, release: Release | None) -> dict[str, Any]:
    return {
        "outcome": "released" if release else "planned",
        "version": planned.version,
        "previous": planned.previous or None,
        "tag": planned.tag,
        "commit": planned.commit,
        "release": release.id if release else None,
        "digest": release.bundle if release else None,
        "notes": planned.notes,
    }


def told(planned: PlannedRelease, release: Release | None) -> str:
    after = f", after {planned.previous}" if planned.previous else ", the first"
    head = f"released {planned.version}" if release else f"would release {planned.version}"
    foot = f"\nnext: ecluse deploy --release {planned.version}" if release else ""
    return f"{head} as {planned.tag} ({planned.commit[:12]}){after}\n\n{planned.notes}{foot}"
