"""What hosts would be sent, host by host."""

from __future__ import annotations

from typing import Any

import click

from ecluse.cli import session
from ecluse.loop.plan.orders import Orders


def document(found: Orders | None) -> dict[str, Any]:
    """Part of a plan's document; nothing for an environment without hosts over SSH."""
    if found is None:
        return {}
    sent = {host: [{"order": one.order, "detail": one.detail} for one in orders] for host, orders in found.sent.items()}
    return {"orders": sent, "ends_with": session.as_document(found.problem) if found.problem else None}


def told(at: session.Session, environment: str, what: str, found: Orders) -> None:
    """All of a dry run that is told by its orders alone. `what`: as the rest of "would …"."""
    at.answer({"outcome": "planned", "environment": environment, **document(found)})
    click.echo(f"would {what}", err=at.as_json)
    if not at.as_json:
        text(found)


def text(found: Orders | None) -> None:
    if found is None:
        return
    for host, orders in found.sent.items():
        click.echo(f"{click.style(host, fg='cyan')} would be sent")
        for one in orders:
            click.echo(f"    {one.order:<9} {one.detail}".rstrip())
    if found.problem:
        click.secho(f"! it would end there: {found.problem.what} [{found.problem.code}]", fg="yellow")
        click.echo(f"    fix: {found.problem.fix}")
