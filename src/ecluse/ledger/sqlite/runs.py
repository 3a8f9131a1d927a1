"""The fold of `model.runs`, kept as rows. What a transaction holds of a run is counted at once: it may have a thousand
steps, and all of them may be known to pass."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ecluse.ledger.sqlite.connection import Connection
from ecluse.model.events.runs import RunEnded, RunStarted, StepEnded
from ecluse.model.runs import COUNTS, RunKnown, StepKnown, begun, counts, is_of_a_step, learnt, was_run
from ecluse.model.values import shallow
from ecluse.ports.ledger import Record

if TYPE_CHECKING:
    import sqlite3


def project(connection: Connection, records: Iterable[Record]) -> None:
    """Inside the transaction that writes the events."""
    waiting: dict[str, dict[str, int]] = {}
    steps: list[dict[str, Any]] = []
    for record in records:
        match record.event:
            case RunStarted() as event:
                _count(connection, waiting)  # what came before a run's beginning isn't part of it
                known = shallow(begun(event, record))
                connection.rows("begin_run", {**known, "started_at": record.at.isoformat()})
            case RunEnded() as event:
                end = {"outcome": event.outcome, "seconds": event.seconds, "why": event.why}
                connection.rows("end_run", {**end, "run": event.run, "ended_at": record.at.isoformat()})
            case StepEnded() as event if is_of_a_step(event):
                of_run = waiting.setdefault(event.run, dict.fromkeys(COUNTS, 0))
                for name, more in counts(event).items():
                    of_run[name] += more
                if was_run(event):
                    first = learnt(StepKnown(name=event.step), event, record.at)
                    steps.append(_row(first))
    _count(connection, waiting)
    connection.each("learn_of_step", steps)


def _count(connection: Connection, waiting: dict[str, dict[str, int]]) -> None:
    for run, found in waiting.items():
        connection.rows("count_in_run", {**found, "run": run})
    waiting.clear()


def runs(connection: Connection, environment: str | None, before: int, limit: int) -> tuple[RunKnown, ...]:
    query = "runs_before" if environment is None else "runs_before_in"
    rows = connection.rows(query, {"environment": environment, "before": before, "limit": limit})
    return tuple(RunKnown(**{**_times(row, "started_at", "ended_at"), "dirty": bool(row["dirty"])}) for row in rows)


def steps(connection: Connection) -> tuple[StepKnown, ...]:
    return tuple(StepKnown(**_times(row, "last_at", "flaky_at")) for row in connection.rows("steps_known"))


def _row(known: StepKnown) -> dict[str, Any]:
    times = {"last_at": known.last_at, "flaky_at": known.flaky_at}
    return {**shallow(known), **{name: at.isoformat() if at else None for name, at in times.items()}}


def _times(row: sqlite3.Row, *names: str) -> dict[str, Any]:
    return {**dict(row), **{name: datetime.fromisoformat(row[name]) if row[name] else None for name in names}}
