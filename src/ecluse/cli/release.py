"""`ecluse release`"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ecluse.cli import options, session
from ecluse.loop.release.known import is_published
from ecluse.loop.release.make import PlannedRelease
from ecluse.loop.release.publish import Published, preview, publish
from ecluse.model.harmless import harmless
from ecluse.model.intent import Intent
from ecluse.model.problem import Exit
from ecluse.model.publishing import ReleasePolicy


@click.command(epilog="Examples:  ecluse release --dry-run    ecluse release    ecluse release --json | jq -r .notes")
@click.option("--commit", "revision", default="HEAD", show_default=True, help="What to release.")
@click.option("--take-version", is_flag=True, help="From a commit that was given up before its tag was out.")
@options.dry_run
@options.as_json
@options.folder
def command(revision: str, take_version: bool, dry_run: bool, as_json: bool, folder: Path) -> None:
    """Name a version, tag it, and publish what [release] says; interrupted, it goes on. Nothing is deployed."""

    async def work(at: session.Session) -> Exit:
        there, commit = await at.at(revision, dirty=False)
        if dry_run:
            planned, begun = await preview(there.app, commit, at.world)
            at.answer(document(planned, None, begun))
            is_out = begun is not None and is_published(begun, at.world)
            return told(at, would(planned, begun, there.app.release, is_out=is_out))
        published = await publish(there.app, commit, at.world, takes_version=take_version)
        at.answer(document(as_planned(published), published, published.intent))
        return told(at, done(published, runs=bool(there.app.processes)))

    session.run(folder, work, as_json=as_json, tells=not dry_run)


def told(at: session.Session, text: str) -> Exit:
    if not at.as_json:
        click.echo(harmless(text))  # git-cliff's notes hold commits as they are
    return Exit.DONE


def as_planned(published: Published) -> PlannedRelease:
    intent = published.intent
    return PlannedRelease(version=intent.version, commit=intent.commit, notes=intent.notes, tag=intent.tag)


def document(planned: PlannedRelease, published: Published | None, intent: Intent | None) -> dict[str, Any]:
    """`begun` says that an earlier release of the commit is gone on with; `files` are digests by name."""
    found = {
        "outcome": _outcome(published),
        "version": planned.version,
        "previous": planned.previous or None,
        "tag": planned.tag,
        "commit": planned.commit,
        "release": intent.release.id if intent else None,
        "digest": intent.bundle if intent else None,
        "notes": planned.notes,
        "begun": not published.is_new if published else intent is not None,
        "files": {file.name: file.digest for file in intent.files} if intent else {},
    }
    if published is None:
        return found
    return {
        **found,
        "pushed": published.remote or None,
        "sent": list(published.sent),
        "url": published.url or None,
        "image": published.image or None,
    }


def _outcome(published: Published | None) -> str:
    if published is None:
        return "planned"
    return "released" if published.is_changed else "unchanged"


def would(planned: PlannedRelease, begun: Intent | None, policy: ReleasePolicy, *, is_out: bool = False) -> str:
    """`is_out`: as far as this machine knows, all of it was published."""
    name = f"{planned.version} as {planned.tag} ({planned.commit[:12]})"
    if is_out:
        head = f"released before: {name}; would send what is missing"
    elif begun:
        head = f"would go on with {name}, begun before"
    else:
        after = f", after {planned.previous}" if planned.previous else ", the first"
        head = f"would release {name}{after}"
    return "\n".join([head, *(f"  {line}" for line in places(policy)), "", planned.notes])


def places(policy: ReleasePolicy) -> list[str]:
    """Where it goes, in this order."""
    return [
        *([f"bytes       {policy.store}"] if policy.store else []),
        *([f"tag         {policy.pushed_to}"] if policy.pushed_to else []),
        *([f"index       {policy.index.simple}"] if policy.index else []),
        *([f"image       {policy.image.address}"] if policy.image else []),
        *([f"page        {policy.forge.kind}"] if policy.forge else []),
    ]


def done(published: Published, *, runs: bool) -> str:
    intent = published.intent
    verb = "released" if published.is_changed else "released before, all of it is out:"
    lines = [f"{verb} {intent.version} as {intent.tag} ({intent.commit[:12]})"]
    if published.remote:
        lines.append(f"  tag         {published.remote}")
    lines += [
        f"  {file.kind:<11} {file.name}  {file.digest[:19]}{'  sent' if file.name in published.sent else ''}"
        for file in intent.files
    ]
    lines += [f"  image       {published.image}"] if published.image else []
    lines += [f"  page        {published.url}"] if published.url else []
    lines += [f"  changes     {published.changelog}, to be committed"] if published.changelog else []
    hint = [f"next: ecluse deploy --release {intent.version}"] if runs else []
    return "\n".join([*lines, "", intent.notes, *hint])
