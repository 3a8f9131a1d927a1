"""A drill as it happens, how it ended, and its document."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from ecluse.cli import session
from ecluse.drill.rehearsal import verdict
from ecluse.drill.story import Event, Rehearsed
from ecluse.model.problem import Exit
from ecluse.model.values import frozen

COLOURS = {"held": "green", "broken": "red", "skipped": "yellow"}


@frozen
class Told:
    """Writes along. With `as_json` to standard error, because the document comes at the end."""

    as_json: bool

    def begins(self, scenario: str) -> None:
        click.secho(scenario, bold=True, err=self.as_json)

    def hears(self, event: Event) -> None:
        click.echo(f"  {event.at:6.1f} s  {event.what}", err=self.as_json)

    def ends(self, rehearsed: Rehearsed) -> None:
        for line in lines(rehearsed):
            click.echo(line, err=self.as_json)


def lines(rehearsed: Rehearsed) -> list[str]:
    if rehearsed.impossible:
        return [click.style(f"  skipped, not possible here: {rehearsed.impossible}", fg=COLOURS["skipped"])]
    told = [_mark(one.what, one.seen, kept=one.kept) for one in rehearsed.promises]
    broke = [click.style(f"  ✗ it broke off: {rehearsed.broke}", fg=COLOURS["broken"])] if rehearsed.broke else []
    recovery = "never recovered" if rehearsed.recovery is None else f"recovered in {rehearsed.recovery:.1f} s"
    outcome = click.style(rehearsed.outcome, fg=COLOURS[rehearsed.outcome], bold=True)
    asked = rehearsed.answered + rehearsed.lost
    return [*told, *broke, f"  {outcome}: {recovery}, {rehearsed.lost} of {asked:,} requests lost"]


def _mark(what: str, seen: str, *, kept: bool) -> str:
    mark = click.style("✓", fg="green") if kept else click.style("✗", fg="red")
    return f"  {mark} {what}: {seen}"


def ended(found: tuple[Rehearsed, ...], *, named: bool, as_json: bool) -> Exit:
    outcome = verdict(found, named=named)
    if as_json:
        session.print_json({"outcome": outcome, "scenarios": [document(one) for one in found]})
    return Exit.DONE if outcome == "held" else Exit.REFUSED


def document(rehearsed: Rehearsed) -> dict[str, Any]:
    """Its keys are stable."""
    return {"outcome": rehearsed.outcome, **asdict(rehearsed)}
