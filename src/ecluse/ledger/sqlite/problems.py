"""What SQLite says, as Problems. Told apart by result code (sqlite.org/rescode.html), never by text."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote

from ecluse.model.problem import Exit, Problem, ProblemError

PRIMARY = 0xFF
"""An extended result code carries the primary one in its low byte."""

NO_LEDGER = frozenset({sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT})
HELD = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
UNFIT = frozenset({sqlite3.SQLITE_CONSTRAINT_TRIGGER, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY})
"""Of an event that doesn't follow the last one, or whose number is taken."""


FULL = "L005"
NOT_AN_EVENT = "L006"
LITTLE_SPACE = 64 * 1024
"""Bytes; SQLite needs a few pages for a write-ahead log and its index."""


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn what SQLite raises into a ProblemError."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        raise ProblemError(full(path) if _fails_for_space(path, code) else problem(path, code, str(error))) from error
    except OSError as error:
        raise ProblemError(unwritable(path, error.strerror or str(error))) from error


def _fails_for_space(path: Path, code: int) -> bool:
    """On a disk without a page left SQLite may say "disk I/O error" or "can't open" instead of SQLITE_FULL."""
    if code & PRIMARY not in {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}:
        return False
    try:
        return shutil.disk_usage(path.parent).free < LITTLE_SPACE
    except OSError:
        return False


def problem(path: Path, code: int, said: str) -> Problem:
    primary = code & PRIMARY
    if code in UNFIT:
        return changed(path)
    if primary in NO_LEDGER:
        return unreadable(path, said)
    if primary in HELD:
        return held(path)
    if primary == sqlite3.SQLITE_FULL:
        return full(path)
    return unwritable(path, said)


def unreadable(path: Path, said: str) -> Problem:
    folder = quote(str(path.parent))
    return Problem(
        code="L001",
        what=f"{path} can't be read as a ledger",
        evidence=(said,),
        state="the file was left as it is; what runs goes on running, the hosts know what serves",
        fix=f"keep it aside, with its log: mkdir {folder}/broken && mv {folder}/{path.name}* {folder}/broken; then "
        "put a copy from a backup in its place, or begin a new ledger",
    )


def newer(path: Path, found: int, known: int) -> Problem:
    return Problem(
        code="L002",
        what=f"{path} was written by a newer Écluse (its format is {found}, this one knows {known})",
        state="the file was left as it is",
        fix="use the newer version: pip install --upgrade ecluse",
    )


def held(path: Path) -> Problem:
    return Problem(
        code="L003",
        what=f"another process has been writing to {path} for too long",
        state="nothing was recorded by this command",
        fix="wait for the other ecluse command, or end it, then try again",
        exit=Exit.BUSY,
    )


def unwritable(path: Path, said: str) -> Problem:
    return Problem(
        code="L004",
        what=f"{path} can't be opened or written",
        evidence=(said,),
        state="nothing was recorded by this command",
        fix=f"make {path.parent} writable for you, or set ECLUSE_HOME to a folder that is",
    )


def full(path: Path) -> Problem:
    return Problem(
        code=FULL,
        what=f"the disk that holds {path} is full",
        state="nothing was recorded by this command; what was recorded before is whole",
        fix="make room, then try again",
        exit=Exit.REFUSED,
    )


def changed(path: Path) -> Problem:
    folder = quote(str(path.parent))
    return Problem(
        code="L008",
        what=f"{path} was changed from outside: its last event isn't the one that its head names",
        state="nothing was recorded by this command; the file was left as it is",
        fix="`ecluse events --verify` names the first broken event; keep it aside, with its log: "
        f"mkdir {folder}/broken && mv {folder}/{path.name}* {folder}/broken; then "
        "put a copy from a backup in its place, or begin a new ledger",
        exit=Exit.REFUSED,
    )


def not_an_event(path: Path, number: int) -> Problem:
    return Problem(
        code=NOT_AN_EVENT,
        what=f"event {number} in {path} can't be read",
        state="the file was left as it is",
        fix="`ecluse events --verify` names the first broken event; put a copy from a backup in its place, "
        f"and leave no {path.name}-wal beside it",
    )
