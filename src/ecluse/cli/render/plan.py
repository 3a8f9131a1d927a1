"""What would be in the next release."""

from __future__ import annotations

from typing import Any

import click

from ecluse.cli.render.problems import render
from ecluse.cli.session import as_document
from ecluse.loop.plan.next_release import NextRelease, Planned
from ecluse.model.counted import counted
from ecluse.ports.source import Change

SHORT = 7
UNKNOWN = "unknown"


def document(planned: NextRelease) -> dict[str, Any]:
    return {
        "outcome": "planned",
        "version": planned.version,
        "tag": planned.tag,
        "released": planned.is_tagged,
        "commit": planned.commit,
        "environment": planned.environment or None,
        "since": {"version": planned.since or None, "commit": planned.since_commit or None},
        "commits": [_change(change) for change in planned.changes],
        "tickets": [_ticket(one) for one in planned.tickets],
        "without_ticket": [_change(change) for change in planned.without],
        "notes": list(planned.notes),
        "problems": [as_document(problem) for problem in planned.problems],
    }


def text(planned: NextRelease) -> None:
    for note in planned.notes:
        click.echo(f"! {note}", err=True)
    click.secho(_head(planned), bold=True)
    if not planned.changes:
        return
    if planned.tickets:
        click.echo("\ntickets")
        for row in _rows(planned.tickets):
            click.echo(row)
    if planned.without:
        click.echo("\ncommits without a ticket" if planned.has_tracker else "\ncommits")
        for change in planned.without:
            click.echo(f"  {change.commit[:SHORT]}  {_shown(change.subject)}")
    if not planned.has_tracker:
        click.secho("\nno tickets: the manifest names no tracker ([tickets])", dim=True)
    for problem in planned.problems:
        render(problem)


def _head(planned: NextRelease) -> str:
    here = f" ({planned.commit[:12]})"
    since = f" since {planned.since}" if planned.since else ""
    if planned.environment:
        since = f"{since}, which serves in {planned.environment}" if not planned.notes else since
        if not planned.changes:
            return f"nothing new for {planned.environment}{since}"
    if planned.is_tagged and not planned.changes:
        return f"{planned.version} is released{here}: nothing is new since"
    if not planned.changes:
        return f"nothing is new{since}"
    return f"next release: {planned.version} as {planned.tag}{here}, {counted(len(planned.changes), 'commit')}{since}"


def _rows(tickets: tuple[Planned, ...]) -> list[str]:
    cells = [(_shown(one.key), _shown(one.ticket.status if one.ticket else UNKNOWN), _told(one)) for one in tickets]
    wide = [max(len(row[column]) for row in cells) for column in range(2)]
    return [f"  {key.ljust(wide[0])}  {status.ljust(wide[1])}  {told}".rstrip() for key, status, told in cells]


def _shown(text: str) -> str:
    """Others wrote it: a terminal gets no commands from it."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _told(one: Planned) -> str:
    where = ", ".join(dict.fromkeys(f"{mention.commit[:SHORT]} {mention.where}" for mention in one.mentions))
    return _shown(f"{one.ticket.title}  ({where})" if one.ticket else f"({where})")


def _ticket(one: Planned) -> dict[str, Any]:
    ticket = one.ticket
    return {
        "key": one.key,
        "status": ticket.status if ticket else UNKNOWN,
        "done": ticket.is_done if ticket else None,
        "title": ticket.title if ticket else None,
        "url": (ticket.url or None) if ticket else None,
        "why": one.why or None,
        "mentions": [{"commit": mention.commit, "where": mention.where} for mention in one.mentions],
    }


def _change(change: Change) -> dict[str, Any]:
    return {"commit": change.commit, "subject": change.subject, "author": change.author}
