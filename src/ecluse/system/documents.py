"""Small documents by key: in one SQLite file on this machine, as files where several machines mount the folder."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from ecluse.ports.cache import Shelved, UnreachableError
from ecluse.system.shelf import Shelf, require_name

_BUSY_SECONDS = 10.0
_HOUR = 3600.0
"""A document's last use is known to the hour: else each look would be a write."""
_TABLE = "CREATE TABLE IF NOT EXISTS documents (key BLOB PRIMARY KEY, document BLOB NOT NULL, used REAL NOT NULL)"
_LOOK = "SELECT NULL FROM documents LIMIT 1"
_PUT = """
INSERT INTO documents VALUES (?, ?, ?)
ON CONFLICT (key) DO UPDATE SET document = excluded.document, used = excluded.used
"""
"""In its place if it is there: REPLACE would remove it and write three pages for one."""

Result = TypeVar("Result")


class DocumentFile:
    """Documents of this machine in the file `path`: a thousand are put in the time in which a hundred files are made.

    A put that has returned outlives our process, not a power cut (nothing is synchronised). A file that is no database
    any more is begun anew: whoever reads documents checks them, and can do without.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._open: sqlite3.Connection | None = None
        self._close: Callable[[], object] = _nothing

    def get(self, key: str) -> bytes | None:
        name = _name(key)

        def ask(documents: sqlite3.Connection) -> bytes | None:
            row = documents.execute("SELECT document, used FROM documents WHERE key = ?", (name,)).fetchone()
            if row is None:
                return None
            now = time.time()
            if now - row[1] > _HOUR:
                with suppress(sqlite3.OperationalError):  # of a folder that is only read: then it is as old as it was
                    documents.execute("UPDATE documents SET used = ? WHERE key = ?", (now, name))
            return bytes(row[0])

        return self._try(ask)

    def put(self, key: str, document: bytes) -> None:
        row = (_name(key), document, time.time())
        self._try(lambda documents: documents.execute(_PUT, row))

    def all(self) -> Iterator[tuple[Shelved, bytes]]:
        rows = self._try(lambda documents: documents.execute("SELECT key, document, used FROM documents").fetchall())
        for key, document, used in rows:
            yield Shelved(key=key.hex(), size=len(document), used=datetime.fromtimestamp(used, UTC)), document

    def remove(self, *keys: str) -> None:
        names = [(_name(key),) for key in keys]
        with suppress(UnreachableError):
            self._try(lambda documents: documents.executemany("DELETE FROM documents WHERE key = ?", names))

    def left(self) -> Iterator[Path]:
        return iter(())

    def _try(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        with self._lock:
            try:
                try:
                    return work(self._connected())
                except sqlite3.OperationalError:  # busy, full, not ours to write: the file is as good as before
                    raise
                except sqlite3.DatabaseError:
                    self._begin_anew()
                    return work(self._connected())
            except (sqlite3.Error, OSError) as error:
                raise UnreachableError(f"{self._path}: {error}") from error

    def _connected(self) -> sqlite3.Connection:
        if self._open is None:
            try:
                self._open = self._writable()
            except (sqlite3.OperationalError, OSError):
                if not self._path.is_file() or os.access(self._path.parent, os.W_OK):
                    raise
                self._open = self._only_read()
            self._close = weakref.finalize(self, self._open.close)
        return self._open

    def _writable(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        return self._connection(str(self._path), "PRAGMA journal_mode = WAL", "PRAGMA synchronous = OFF", _TABLE)

    def _only_read(self) -> sqlite3.Connection:
        """Of a folder that nobody writes. Where SQLite can't put its index there, what lies in the log isn't seen: who
        finds less runs more."""
        address = f"{self._path.absolute().as_uri()}?mode=ro"
        with suppress(sqlite3.OperationalError):
            return self._connection(address, _LOOK)
        return self._connection(f"{address}&immutable=1", _LOOK)

    def _connection(self, address: str, *first: str) -> sqlite3.Connection:
        documents = sqlite3.connect(
            address,
            uri=address.startswith("file:"),
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            for statement in first:
                documents.execute(statement)
        except BaseException:
            documents.close()
            raise
        return documents

    def _begin_anew(self) -> None:
        self._close()
        self._open = None
        for end in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + end).unlink(missing_ok=True)


class DocumentFolder:
    """Documents of a folder that several machines mount: no database can be shared over a network file system
    (sqlite.org/useovernet.html)."""

    def __init__(self, folder: Path) -> None:
        self._shelf = Shelf(folder, "documents", mounted=True, flushed=False)

    def get(self, key: str) -> bytes | None:
        document = self._shelf.read(key)
        if document is not None:
            self._shelf.touch(key)
        return document

    def put(self, key: str, document: bytes) -> None:
        self._shelf.put(key, lambda file: file.write(document))

    def all(self) -> Iterator[tuple[Shelved, bytes]]:
        for key, path in self._shelf.files():
            with suppress(FileNotFoundError):
                status, document = path.stat(), path.read_bytes()
                yield Shelved(key=key, size=len(document), used=datetime.fromtimestamp(status.st_mtime, UTC)), document

    def remove(self, *keys: str) -> None:
        for key in keys:
            self._shelf.remove(key)

    def left(self) -> Iterator[Path]:
        """What whoever was killed while it wrote has left."""
        return self._shelf.left()


def _nothing() -> None:
    """There is no connection to close."""


def _name(key: str) -> bytes:
    require_name(key)
    return bytes.fromhex(key)
