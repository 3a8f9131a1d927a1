"""The schema's steps, numbered; `PRAGMA user_version` says how far a file has come."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from ecluse.ledger.sqlite import problems
from ecluse.model.problem import ProblemError

APPLICATION = 0x45434C55
"""`ECLU`: SQLite's mark of whose file it is (PRAGMA application_id)."""

RUNS_AND_STEPS = 4
"""The step that made projections of what older files hold already."""

READABLE = 5
"""From this step on every query that reads finds what it asks for; what came later is for those who write."""


@cache
def steps() -> tuple[tuple[int, Path], ...]:
    files = sorted(Path(__file__).parent.glob("[0-9]*.sql"))
    return tuple((int(file.name.partition("_")[0]), file) for file in files)


def latest() -> int:
    return steps()[-1][0]


def version_of(connection: sqlite3.Connection, path: Path) -> int:
    """How far the file has come, 0 for an empty one. A newer or foreign file is a Problem."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    owner = int(connection.execute("PRAGMA application_id").fetchone()[0])
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if owner != APPLICATION and tables:
        raise ProblemError(problems.unreadable(path, "it is a database of another program"))
    if version > latest():
        raise ProblemError(problems.newer(path, version, latest()))
    return version


def migrate(connection: sqlite3.Connection, done: int, fold: Callable[[], object]) -> None:
    """From the schema `done` to ours, all or nothing. `fold` makes the projections anew where some are new in a file
    that holds events; in the same transaction, or a kill in between would leave them empty for good."""
    with writing(connection):
        for number, file in steps():
            if number > done:
                _take(connection, number, file)
        if 0 < done < RUNS_AND_STEPS:
            _fold(connection, fold)


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """BEGIN IMMEDIATE, so that two writers queue at the start instead of colliding at the end."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _take(connection: sqlite3.Connection, number: int, file: Path) -> None:
    for statement in statements(file.read_text(encoding="utf-8")):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {number}")


def _fold(connection: sqlite3.Connection, fold: Callable[[], object]) -> None:
    """An event that can't be read is told by whoever reads it, not by whoever opens the file."""
    connection.execute("SAVEPOINT folding")
    try:
        fold()
    except ProblemError as error:
        if error.problems[0].code != problems.NOT_AN_EVENT:
            raise
        connection.execute("ROLLBACK TO folding")
    connection.execute("RELEASE folding")


def statements(script: str) -> Iterator[str]:
    """One by one, so that all stay in our transaction (`executescript` commits first)."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
