"""`ecluse events`"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path

import click

from ecluse import assembly
from ecluse.cli import options, session
from ecluse.cli.render.history import event, event_document
from ecluse.cli.streams import is_read
from ecluse.loop.release.anchor import holds
from ecluse.model.counted import counted
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.ports.clock import Clock
from ecluse.ports.ledger import Ledger, Record, Verification

LOOK_AGAIN_SECONDS = 0.2


@click.command(epilog="Examples:  ecluse events --json | jq .kind    ecluse events -f    ecluse events --verify")
@options.environment
@click.option("--after", type=click.IntRange(min=0), default=0, metavar="N", help="Only what came after this number.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="How many at most.")
@click.option("-f", "--follow", is_flag=True, help="Go on with events as they come.")
@click.option("--verify", is_flag=True, help="Check the hash chain; exit 1 names the first broken event.")
@click.option("--anchor", metavar="N:HASH", help="With --verify: what a release tag says under Ledger-Head.")
@click.option(
    "--rebuild", is_flag=True, help="Make what `status` and `history` read of the ledger anew from the events."
)
@click.option("--json", "as_json", is_flag=True, help="One event a line.")
@options.folder
def command(
    *,
    environment_argument: str | None,
    environment_option: str | None,
    after: int,
    limit: int | None,
    follow: bool,
    verify: bool,
    rebuild: bool,
    anchor: str | None,
    as_json: bool,
    folder: Path,
) -> None:
    """The ledger: what happened, oldest first. All environments unless one is named.

    What other commands show of it lies beside the events, made from them: `--rebuild` makes that anew, should it ever
    differ. No event is changed.
    """
    named = environment_argument or environment_option
    chosen = options.chosen(environment_argument, environment_option) if named else None

    async def work() -> Exit:
        with assembly.remembered(folder) as (ledger, clock):
            if verify:
                return show_verification(verified(ledger, anchor), as_json=as_json)
            if rebuild:
                return show_rebuilt(ledger.rebuild(), as_json=as_json)
            last = after
            for record in ledger.events(after=after, environment=chosen, limit=limit):
                show(record, as_json=as_json)
                last = record.number
            if follow:
                await go_on(ledger, clock, last, chosen, as_json=as_json)
        return Exit.DONE

    session.guarded(work, as_json=as_json, only_reads=True)


async def go_on(ledger: Ledger, clock: Clock, last: int, environment: str | None, *, as_json: bool) -> None:
    while is_read(sys.stdout):
        await clock.sleep(LOOK_AGAIN_SECONDS)
        for record in ledger.events(after=last, environment=environment):
            show(record, as_json=as_json)
            last = record.number


def show_rebuilt(events: int, *, as_json: bool) -> Exit:
    if as_json:
        session.print_json({"events": events})
    else:
        click.echo(f"{counted(events, 'event')} folded; what is shown of them was made anew")
    return Exit.DONE


def show(record: Record, *, as_json: bool) -> None:
    click.echo(json.dumps(event_document(record), ensure_ascii=False) if as_json else event(record))


def verified(ledger: Ledger, anchor: str | None) -> Verification:
    found = ledger.verify()
    try:
        stands = not anchor or not found.ok or holds(anchor, ledger)
    except ValueError as error:
        raise click.BadParameter("write the event's number, a colon and its hash", param_hint="--anchor") from error
    why = f"event {anchor} of the anchor isn't there: the ledger was cut and written anew"
    return found if stands else replace(found, ok=False, why=why)


def show_verification(found: Verification, *, as_json: bool) -> Exit:
    if as_json:
        session.print_json(asdict(found))
    elif found.ok:
        click.echo(f"{counted(found.events, 'event')}, an unbroken chain; its head is {found.head or 'not there yet'}")
    if found.ok:
        return Exit.DONE
    if as_json:
        return Exit.REFUSED
    raise ProblemError(broken(found))


def broken(found: Verification) -> Problem:
    return Problem(
        code="L007",
        what=f"the ledger was changed from outside: {found.why}",
        evidence=(f"the head says {counted(found.events, 'event')}, {found.head}",),
        state=f"the events before number {found.broken_at} are as they were written" if found.broken_at else "",
        fix="put a copy from a backup in its place, and leave no ledger.db-wal beside it; release tags name the head "
        "that they were made at",
        exit=Exit.REFUSED,
    )
