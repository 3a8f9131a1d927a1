"""One open file: durable, one writer at a time, a Problem for everything that SQLite can say."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ecluse.ledger.sqlite import problems, queries
from ecluse.ledger.sqlite.migrations import migrate, writing

BUSY_SECONDS = 10.0
NEWEST = 2**63 - 1
"""Behind every number of an event."""


class Connection:
    """Opens, and makes or migrates, on first use. Not safe for threads at once: its owner holds a lock."""

    def __init__(
        self, path: Path, busy_seconds: float = BUSY_SECONDS, on_new_projections: Callable[[], object] = lambda: None
    ) -> None:
        """`on_new_projections` is called once an older file has got some."""
        self._on_new_projections = on_new_projections
        self.path = path
        self._busy_seconds = busy_seconds
        self._queries = queries.load()
        self._open: sqlite3.Connection | None = None

    def rows(self, query: str, values: Mapping[str, Any] | None = None) -> list[sqlite3.Row]:
        with problems.told(self.path):
            return self._connected().execute(self._queries[query], values or {}).fetchall()

    def each(self, query: str, values: Sequence[Mapping[str, Any]]) -> None:
        """Once for each of `values`, in their order."""
        with problems.told(self.path):
            self._connected().executemany(self._queries[query], values)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """All or nothing, on disk at the end; waits for another writer, then Problem L003."""
        with problems.told(self.path), writing(self._connected()):
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Several queries that see one moment."""
        with problems.told(self.path):
            connection = self._connected()
            connection.execute("BEGIN")
            try:
                yield
            finally:
                connection.execute("COMMIT")

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def _connected(self) -> sqlite3.Connection:
        if self._open is None:
            self._open, has_new = self._connect()
            if has_new:
                self._on_new_projections()
        return self._open

    def _connect(self) -> tuple[sqlite3.Connection, bool]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(
            self.path, timeout=self._busy_seconds, isolation_level=None, check_same_thread=False
        )
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA synchronous = FULL")
            has_new = migrate(connection, self.path)
        except BaseException:
            connection.close()
            raise
        return connection, has_new
