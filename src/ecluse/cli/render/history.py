"""The timeline of deployments, and the ledger's events, as lines."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import click

from ecluse.loop.monitor.history import Entry, Timeline
from ecluse.model.events.reading import named
from ecluse.model.history import OverrideKnown
from ecluse.ports.ledger import Record

COLOURS = {"committed": "green", "reverted": "red", "open": "yellow"}
HEADINGS = ("when", "environment", "verb", "version", "commit", "outcome", "seconds", "who")


def text(shown: Timeline) -> None:
    if not shown.entries:
        click.echo("no deployment is recorded here yet; begin with: ecluse ship")
        return
    rows = [HEADINGS, *(_row(entry) for entry in shown.entries)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    click.secho(lines[0], dim=True)
    for line, entry in zip(lines[1:], shown.entries, strict=True):
        click.secho(line, fg=COLOURS.get(entry.deployment.outcome))
        if entry.deployment.why:
            click.secho(f"  {entry.deployment.why}", dim=True)
        if entry.deployment.overridden:
            click.secho(f"  {_override(entry.deployment.overridden)}", fg="yellow")
    if shown.further is not None:
        click.secho(f"older ones: ecluse history --before {shown.further}", dim=True)


def event(record: Record) -> str:
    """For people: number, time, what, and its fields without the empty ones."""
    kind, data = named(record.event)
    facts = " ".join(f"{key}={_short(value)}" for key, value in data.items() if value not in ("", (), None))
    return f"{record.number:>6}  {local_time(record.at)}  {kind}  {facts}"


def event_document(record: Record) -> dict[str, Any]:
    kind, data = named(record.event)
    return {
        "number": record.number,
        "at": record.at.isoformat(),
        "actor": record.actor,
        "kind": kind,
        "environment": record.event.environment,
        "data": dict(data),
        "previous": record.previous,
        "hash": record.hash,
    }


def _override(known: OverrideKnown) -> str:
    return f"{', '.join(known.policies)} overridden by {known.by}: {known.why}"


def _row(entry: Entry) -> tuple[str, ...]:
    known = entry.deployment
    seconds = "" if entry.seconds is None else f"{entry.seconds:.1f}"
    return (
        local_time(known.started_at), known.environment, known.verb, known.version, entry.commit[:10], known.outcome,
        seconds, known.actor,
    )  # fmt: skip


def local_time(at: datetime) -> str:
    """As people here read a clock."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _short(value: Any) -> str:
    if isinstance(value, str) and value and not any(character.isspace() for character in value):
        return value
    return json.dumps(value, ensure_ascii=False)
