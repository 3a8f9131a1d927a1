"""`ecluse tickets`"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from ecluse.cli import options, session
from ecluse.cli.render.problems import render
from ecluse.loop.tickets.finish import tell_patiently
from ecluse.loop.tickets.problems import no_tracker, untold
from ecluse.loop.tickets.telling import Telling, waiting
from ecluse.model.counted import counted
from ecluse.model.notices import NoticeKnown, Outbox
from ecluse.model.problem import Exit, ProblemError
from ecluse.model.tracker import Tickets

VERBS = ("status", "sync")
PATIENCE = timedelta(minutes=10)
"""What a person waits for may take its time."""


@click.command(epilog="Examples:  ecluse tickets    ecluse tickets sync    ecluse tickets status --json")
@click.argument("verb", metavar="[status|sync]", type=click.Choice(VERBS), default="status")
@options.dry_run
@options.as_json
@options.folder
def command(verb: str, *, dry_run: bool, as_json: bool, folder: Path) -> None:
    """What tickets are still to be told, and why not yet; `sync` tells them now.

    Releases and deploys tell their tickets by themselves; what a tracker didn't take waits in the ledger, and later
    commands try again.
    """

    async def work(at: session.Session) -> Exit:
        tickets = at.app.tickets
        if tickets is None:
            raise ProblemError(no_tracker())
        told: Telling | None = None
        if verb == "sync" and not dry_run and at.world.ledger.state().outbox.due:
            told = await tell_patiently(at.app, tickets, at.world, PATIENCE)
        left = at.world.ledger.state().outbox
        at.answer(document(verb, tickets, left, told))
        if not as_json:
            text(left, told)
        for problem in told.problems if told else ():
            render(problem)
        if verb == "sync" and left.due and not dry_run:
            if not as_json:
                render(untold(counted(waiting(left.due), "ticket")))
            return Exit.UNREACHABLE
        return Exit.DONE

    session.run(folder, work, as_json=as_json)


def document(verb: str, tickets: Tickets, left: Outbox, told: Telling | None) -> dict[str, Any]:
    again = left.tracker.again_at()
    return {
        "outcome": "waiting" if left.due else "told",
        "verb": verb,
        "tracker": tickets.tracker,
        "told": [{"ticket": one.ticket, **_about(one)} for one in told.told] if told else [],
        "waiting": [_notice(notice) for notice in left.due],
        "expected": [_notice(notice) for notice in left.notices.values() if notice.awaits],
        "failures": left.tracker.failures,
        "why": left.tracker.why or None,
        "code": left.tracker.code or None,
        "next_try": again.isoformat() if again else None,
        "problems": [session.as_document(problem) for problem in told.problems] if told else [],
    }


def text(left: Outbox, told: Telling | None) -> None:
    for one in told.told if told else ():
        moved = f", moved to {one.moved}" if one.moved else ""
        click.echo(f"{one.ticket}: {one.outcome}{moved}: {one.happening} of {one.version}{_place(one.environment)}")
    for notice in left.due:
        click.echo(
            f"waits: {notice.happening} of {notice.version}{_place(notice.environment)}: {', '.join(notice.tickets)}"
        )
    if left.tracker.failures and left.due:
        again = left.tracker.again_at()
        then = f"; the next command after {_at(again)} tries again" if again else ""
        failed = f"{counted(left.tracker.failures, 'time')} in a row"
        click.echo(f"the tracker failed {failed}: {left.tracker.why} [{left.tracker.code}]{then}")
    if not left.due and not (told and told.told):
        click.echo("every ticket is told")


def _at(time: datetime) -> str:
    """A tracker may want to be left alone for a day."""
    return f"{time.astimezone():%Y-%m-%d %H:%M:%S}"


def _notice(notice: NoticeKnown) -> dict[str, Any]:
    return {
        "happening": notice.happening, "version": notice.version, "environment": notice.environment or None,
        "since": notice.at.isoformat(), "tickets": dict(notice.tickets),
    }  # fmt: skip


def _about(one: Any) -> dict[str, Any]:
    return {
        "outcome": one.outcome, "happening": one.happening, "version": one.version,
        "environment": one.environment or None, "moved": one.moved or None, "why": one.why or None,
    }  # fmt: skip


def _place(environment: str) -> str:
    return f" in {environment}" if environment else ""
