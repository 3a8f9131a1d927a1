"""The schema's steps, numbered; `PRAGMA user_version` says how far a file has come."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ecluse.ledger.sqlite import problems
from ecluse.model.problem import ProblemError

APPLICATION = 0x45434C55
"""`ECLU`: SQLite's mark of whose file it is (PRAGMA application_id)."""


RUNS_AND_STEPS = 4
"""The step that made projections of what older files hold already."""


def steps() -> tuple[tuple[int, Path], ...]:
    files = sorted(Path(__file__).parent.glob("[0-9]*.sql"))
    return tuple((int(file.name.partition("_")[0]), file) for file in files)


def migrate(connection: sqlite3.Connection, path: Path) -> bool:
    """Bring the file to our schema; several processes may do so at once. A newer or foreign file is a Problem. Whether
    it has got new projections, in which what it held before isn't yet."""
    with _alone(path.parent):
        wanted = steps()[-1][0]
        done = _version(connection, path, wanted)
        if done == wanted:
            return False
        connection.execute("PRAGMA journal_mode = WAL")
        with writing(connection):
            for number, file in steps():
                if number > done:
                    _take(connection, number, file)
        return 0 < done < RUNS_AND_STEPS


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


def _version(connection: sqlite3.Connection, path: Path, wanted: int) -> int:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    owner = int(connection.execute("PRAGMA application_id").fetchone()[0])
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if owner != APPLICATION and tables:
        raise ProblemError(problems.unreadable(path, "it is a database of another program"))
    if version > wanted:
        raise ProblemError(problems.newer(path, version, wanted))
    return version


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time (flock(2) on the folder, let go when its holder dies).

    SQLite can't do this itself: of two connections that change the journal's mode at once it refuses both without
    asking their busy handlers, because waiting could be for ever (sqlite.org/c3ref/busy_handler.html).
    """
    lock = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _take(connection: sqlite3.Connection, number: int, file: Path) -> None:
    for statement in statements(file.read_text(encoding="utf-8")):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {number}")


def statements(script: str) -> Iterator[str]:
    """One by one, so that all stay in our transaction (`executescript` commits first)."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
