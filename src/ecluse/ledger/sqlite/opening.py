"""A file is read as it lies, whatever schema it has and wherever it is; only who writes changes it."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from ecluse.ledger.sqlite.migrations import READABLE, latest, migrate, version_of
from ecluse.ledger.sqlite.problems import PRIMARY
from ecluse.model.values import frozen

NEEDS_WRITING = frozenset(
    {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_PERM}
)
"""What SQLite says where it can't have the index of the write-ahead log beside the file, which a reader makes too."""

READ_ONLY = "mode=ro"

Moment: TypeAlias = "tuple[tuple[int, int, int], ...]"
"""Inode, time and size of the file and of its write-ahead log: another one, and something was written."""
NOTHING = (0, 0, 0)


@frozen
class Opened:
    """`until` is the moment that it shows; None for one that shows what others write as they do."""

    connection: sqlite3.Connection
    version: int
    until: Moment | None = None
    is_for_reading: bool = False

    @property
    def may_write(self) -> bool:
        return not self.is_for_reading and self.version == latest()


def moment(path: Path) -> Moment:
    return _found(path), _found(path.with_name(f"{path.name}-wal"))


def to_read(path: Path, busy_seconds: float) -> Opened:
    """Makes nothing and changes nothing. What is older than can be read is copied into memory, where it is for the
    caller to migrate; so is the empty ledger where there is no file yet."""
    now = moment(path)
    if now[0][-1] == 0:
        return _copied(_connect(":memory:", busy_seconds), 0, now)
    with _alone(path.parent, fcntl.LOCK_SH):
        found = _as_it_lies(path, busy_seconds, now)
    if found.version >= READABLE:
        return found
    copy = _connect(":memory:", busy_seconds)
    try:
        found.connection.backup(copy)
    finally:
        found.connection.close()
    return _copied(copy, found.version, now)


def to_write(path: Path, busy_seconds: float) -> Opened:
    """Makes the file where there is none; its schema is as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _alone(path.parent, fcntl.LOCK_SH):
        if _is_logged(moment(path)):
            _checked(path, READ_ONLY, busy_seconds).connection.close()
        return _checked(path, "mode=rwc", busy_seconds)


def bring_up(opened: Opened, path: Path, fold: Callable[[], object]) -> None:
    """To our schema; several processes may do so at once."""
    with _alone(path.parent, fcntl.LOCK_EX):
        done = version_of(opened.connection, path)
        if done < latest():
            opened.connection.execute("PRAGMA journal_mode = WAL")
            migrate(opened.connection, done, fold)


def _as_it_lies(path: Path, busy_seconds: float, now: Moment) -> Opened:
    """On a full or read-only disk, or in a folder of somebody else's, SQLite reads the file alone if it is told that
    nobody writes to it: so if no log is there, and for as long as that is so.

    The last one that may write puts a log into the file as it closes it. Whose log that is SQLite doesn't ask: one that
    lay beside a copy from a backup would spoil it. So who only reads mustn't.
    """
    try:
        return _checked(path, READ_ONLY if _is_logged(now) else "mode=rw", busy_seconds)
    except sqlite3.OperationalError as error:
        if _is_logged(moment(path)) or getattr(error, "sqlite_errorcode", 0) & PRIMARY not in NEEDS_WRITING:
            raise
    return _checked(path, f"{READ_ONLY}&immutable=1", busy_seconds, now)


def _copied(copy: sqlite3.Connection, version: int, now: Moment) -> Opened:
    return Opened(connection=copy, version=version, until=now, is_for_reading=True)


def _is_logged(now: Moment) -> bool:
    return now[1][-1] > 0


def _checked(path: Path, how: str, busy_seconds: float, until: Moment | None = None) -> Opened:
    connection = _connect(f"{path.absolute().as_uri()}?{how}", busy_seconds)
    try:
        connection.execute("PRAGMA synchronous = FULL")
        version, is_for_reading = version_of(connection, path), how.startswith(READ_ONLY)
        return Opened(connection=connection, version=version, until=until, is_for_reading=is_for_reading)
    except BaseException:
        connection.close()
        raise


def _connect(where: str, busy_seconds: float) -> sqlite3.Connection:
    connection = sqlite3.connect(where, timeout=busy_seconds, isolation_level=None, check_same_thread=False, uri=True)
    connection.row_factory = sqlite3.Row
    return connection


def _found(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except FileNotFoundError:
        return NOTHING
    return found.st_ino, found.st_mtime_ns, found.st_size


@contextmanager
def _alone(folder: Path, how: int) -> Iterator[None]:
    """One process at a time (flock(2) on the folder, let go when its holder dies), or those that only look.

    SQLite can't do this itself: of two connections of which one changes the journal's mode it refuses both without
    asking their busy handlers, because waiting could be for ever (sqlite.org/c3ref/busy_handler.html).
    """
    lock = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, how)
        yield
    finally:
        os.close(lock)
