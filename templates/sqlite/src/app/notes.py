"""Notes that people leave, kept in a file of SQLite."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

SCHEMA = "CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)"
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Note:
    id: int
    text: str


class Notes:
    """Safe to use from several threads and processes: each call has a connection of its own."""

    def __init__(self, database: Path) -> None:
        self._database = database
        database.parent.mkdir(parents=True, exist_ok=True)
        with self._connected() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(SCHEMA)

    def leave(self, text: str) -> Note:
        """ValueError for a text that is empty, or longer than LONGEST."""
        said = text.strip()
        if not 0 < len(said) <= LONGEST:
            raise ValueError(f"a note has 1 to {LONGEST} characters")
        with self._connected() as connection:
            made = connection.execute("INSERT INTO notes (text) VALUES (?) RETURNING id", (said,))
            return Note(made.fetchone()[0], said)

    def newest(self, most: int) -> list[Note]:
        with self._connected() as connection:
            rows = connection.execute(
                "SELECT id, text FROM notes ORDER BY id DESC LIMIT ?", (most,)
            )
            return [Note(*row) for row in rows]

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._database, timeout=5)) as connection, connection:
            yield connection
