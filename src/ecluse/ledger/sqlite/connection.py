"""One open file: durable, one writer at a time, a Problem for everything that SQLite can say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecluse.ledger.sqlite import opening, problems, queries
from ecluse.ledger.sqlite.migrations import READABLE, latest, migrate, version_of, writing

if TYPE_CHECKING:
    import sqlite3

BUSY_SECONDS = 10.0
NEWEST = 2**63 - 1
"""Behind every number of an event."""


class Connection:
    """Opens on first use, and makes or migrates on first writing. Not safe for threads at once: its owner holds a
    lock."""

    def __init__(
        self, path: Path, busy_seconds: float = BUSY_SECONDS, fold: Callable[[], object] = lambda: None
    ) -> None:
        """`fold` makes the projections anew, inside the transaction that gives them to an older file."""
        self._fold = fold
        self.path = path
        self._busy_seconds = busy_seconds
        self._queries = queries.load()
        self._open: opening.Opened | None = None

    def rows(self, query: str, values: Mapping[str, Any] | None = None) -> list[sqlite3.Row]:
        with problems.told(self.path):
            return self._to_read().execute(self._queries[query], values or {}).fetchall()

    def each(self, query: str, values: Sequence[Mapping[str, Any]]) -> None:
        """Once for each of `values`, in their order; while writing."""
        with problems.told(self.path):
            self._to_read().executemany(self._queries[query], values)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """All or nothing, on disk at the end; waits for another writer, then Problem L003."""
        with problems.told(self.path):
            connection = self._to_write()
            with writing(connection):
                version_of(connection, self.path)  # a newer Écluse may have come since this one opened the file
                yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Several queries that see one moment."""
        with problems.told(self.path):
            connection = self._to_read()
            connection.execute("BEGIN")
            try:
                yield
            finally:
                connection.execute("COMMIT")

    def close(self) -> None:
        if self._open is not None:
            self._open.connection.close()
            self._open = None

    def _to_read(self) -> sqlite3.Connection:
        if self._open is not None and self._is_past(self._open):
            self.close()
        if self._open is None:
            self._open = opened = opening.to_read(self.path, self._busy_seconds)
            if opened.version < READABLE:
                self._bring_up(lambda: migrate(opened.connection, opened.version, self._fold))
        return self._open.connection

    def _is_past(self, opened: opening.Opened) -> bool:
        is_asked = opened.until is not None and not opened.connection.in_transaction
        return is_asked and opened.until != opening.moment(self.path)

    def _to_write(self) -> sqlite3.Connection:
        if self._open is None or not self._open.may_write:
            self.close()
            self._open = opened = opening.to_write(self.path, self._busy_seconds)
            self._bring_up(lambda: opening.bring_up(opened, self.path, self._fold))
        return self._open.connection

    def _bring_up(self, how: Callable[[], object]) -> None:
        """What fails leaves nothing open."""
        try:
            how()
        except BaseException:
            self.close()
            raise
        if self._open is not None:
            self._open = replace(self._open, version=latest())
