"""Files that are either the old or the new content, and errors of the disk as Problems."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ecluse.model.problem import Exit, Place, Problem, ProblemError


def write_atomically(path: Path, content: bytes | str, *, mode: int = 0o644) -> None:
    """Replace `path` as a whole and have it on disk, folder entry included, when this returns. Makes the folder.

    Full disk, missing permission: ProblemError S010, S011; the old content is still there.
    """
    data = content.encode() if isinstance(content, str) else content
    with disk_problems(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, fresh = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                os.fchmod(file.fileno(), mode)
                file.flush()
                os.fsync(file.fileno())
            Path(fresh).replace(path)
        except BaseException:
            with suppress(FileNotFoundError):
                Path(fresh).unlink()
            raise
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Have a folder's entries on disk (fsync(2), notes)."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def disk_problems(path: Path) -> Iterator[None]:
    """Turn what the operating system says about `path` into Problems."""
    try:
        yield
    except OSError as error:
        raise ProblemError(disk_problem(error, path)) from error


def disk_problem(error: OSError, path: Path) -> Problem:
    where = Place(file=str(error.filename or path))
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return Problem(
            code="S010",
            where=where,
            what="the disk is full",
            fix="free some space, then run this again",
            exit=Exit.REFUSED,
        )
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return Problem(
            code="S011",
            where=where,
            what=f"no permission to write here ({error.strerror})",
            fix="make the folder writable for this user, or set ECLUSE_HOME to one that is",
        )
    return Problem(
        code="S012",
        where=where,
        what=f"the system could not write here ({error.strerror})",
        fix="look at the file system, then run this again",
    )
