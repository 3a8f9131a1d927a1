"""The fold, kept as rows: written in the event's transaction, read instead of folding history again.

There is one rule of what an event means, `model.history.apply`. A projection applies it to the part of the State that
the event can change and stores what came out, so it can't come to mean something else.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ecluse.ledger.sqlite.connection import NEWEST, Connection
from ecluse.model.events.releases import ReleaseMade
from ecluse.model.history import (
    KEPT,
    MOVING,
    ApprovalKnown,
    DeploymentKnown,
    EnvironmentKnown,
    MigrationKnown,
    OverrideKnown,
    ReleaseKnown,
    State,
    apply,
)
from ecluse.model.notices import NOTICING, NoticeKnown, Outbox, TrackerKnown, noticed
from ecluse.ports.ledger import Record

if TYPE_CHECKING:
    import sqlite3


def project(connection: Connection, record: Record) -> None:
    """Inside the transaction that writes the event."""
    event = record.event
    if isinstance(event, ReleaseMade):
        made = apply(State(), record).releases[event.release]
        connection.rows("put_release", {**asdict(made), "at": made.at.isoformat(), "event": record.number})
    elif isinstance(event, MOVING):
        before = environment(connection, event.environment)
        after = apply(State(environments={before.name: before}), record).environments[before.name]
        _store(connection, before, after, record.number)
    if isinstance(event, NOTICING):
        waiting = outbox(connection)
        left = noticed(waiting, record)
        if left != waiting:
            connection.rows("put_outbox", {"notices": _notices_text(left), "tracker": _tracker_text(left.tracker)})


def state(connection: Connection) -> State:
    places = connection.rows("environments")
    return State(
        environments={row["name"]: _environment(connection, row) for row in places},
        releases={row["id"]: _release(row) for row in connection.rows("releases")},
        outbox=outbox(connection),
        events=connection.rows("read_head")[0]["number"],
    )


def environment(connection: Connection, name: str) -> EnvironmentKnown:
    found = connection.rows("environment", {"name": name})
    return _environment(connection, found[0]) if found else EnvironmentKnown(name=name)


def outbox(connection: Connection) -> Outbox:
    found = connection.rows("outbox")
    if not found:
        return Outbox()
    notices = [
        NoticeKnown(**{**one, "at": datetime.fromisoformat(one["at"]), "put_off": tuple(one["put_off"])})
        for one in json.loads(found[0]["notices"])
    ]
    tracker = json.loads(found[0]["tracker"])
    at = datetime.fromisoformat(tracker["at"]) if tracker["at"] else None
    return Outbox(notices={one.number: one for one in notices}, tracker=TrackerKnown(**{**tracker, "at": at}))


def deployments(connection: Connection, place: str | None, before: int, limit: int) -> tuple[DeploymentKnown, ...]:
    query = "deployments_before" if place is None else "deployments_before_in"
    rows = connection.rows(query, {"environment": place, "before": before, "limit": limit})
    return tuple(_deployment(row) for row in rows)


def clear(connection: Connection) -> None:
    for table in ("environments", "releases", "deployments", "runs", "steps", "outbox"):
        connection.rows(f"clear_{table}")


def _store(connection: Connection, before: EnvironmentKnown, after: EnvironmentKnown, event: int) -> None:
    place = {"name": after.name, "serving": after.serving, "previous": after.previous, "event": event}
    approvals = [{**asdict(one), "at": one.at.isoformat()} for one in after.approvals]
    migrations = [asdict(one) for one in after.migrations]
    kept = {
        "approvals": _text(approvals),
        "overridden": _overridden_text(after.overridden),
        "migrations": _text(migrations),
    }
    connection.rows("put_environment", {**place, **kept})
    were = {one.id: one for one in before.deployments}
    for known in after.deployments:
        if known != were.get(known.id):
            connection.rows("put_deployment", {**_row(known), "event": event})


def _environment(connection: Connection, row: sqlite3.Row) -> EnvironmentKnown:
    return EnvironmentKnown(
        name=row["name"],
        serving=row["serving"],
        previous=row["previous"],
        deployments=deployments(connection, row["name"], NEWEST, KEPT),
        approvals=tuple(
            ApprovalKnown(**{**one, "at": datetime.fromisoformat(one["at"])}) for one in json.loads(row["approvals"])
        ),
        overridden=_overridden(row["overridden"]),
        migrations=tuple(MigrationKnown(**one) for one in json.loads(row["migrations"])),
    )


def _release(row: sqlite3.Row) -> ReleaseKnown:
    return ReleaseKnown(**{**dict(row), "at": datetime.fromisoformat(row["at"])})


def _row(known: DeploymentKnown) -> dict[str, Any]:
    moves = [(move, at.isoformat(), seconds, detail) for move, at, seconds, detail in known.moves]
    ended = known.ended_at.isoformat() if known.ended_at else None
    times = {"started_at": known.started_at.isoformat(), "ended_at": ended}
    return {**asdict(known), **times, "moves": _text(moves), "overridden": _overridden_text(known.overridden)}


def _deployment(row: sqlite3.Row) -> DeploymentKnown:
    moves = json.loads(row["moves"])
    return DeploymentKnown(
        **{
            **dict(row),
            "started_at": datetime.fromisoformat(row["started_at"]),
            "ended_at": datetime.fromisoformat(row["ended_at"]) if row["ended_at"] else None,
            "overridden": _overridden(row["overridden"]),
            "moves": tuple((move, datetime.fromisoformat(at), seconds, detail) for move, at, seconds, detail in moves),
        }
    )


def _notices_text(waiting: Outbox) -> str:
    return _text([{**asdict(one), "at": one.at.isoformat()} for one in waiting.notices.values()])


def _tracker_text(known: TrackerKnown) -> str:
    return _text({**asdict(known), "at": known.at.isoformat() if known.at else None})


def _overridden(text: str) -> OverrideKnown | None:
    kept = json.loads(text or "null")
    return OverrideKnown(**{**kept, "policies": tuple(kept["policies"])}) if kept else None


def _overridden_text(known: OverrideKnown | None) -> str:
    return _text(asdict(known)) if known else ""


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
