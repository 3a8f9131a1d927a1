"""A file of this machine, as hosts are told of it."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

from ecluse.model.problem import Place, Problem, ProblemError
from ecluse.ports.hosts import Sent

HOME = "~/"


def to_send(source: Path, path: str, mode: int | None = None) -> Sent:
    """`path` that ends with a slash is the folder for it. `mode`: the file's own by default. ProblemError H026."""
    try:
        with source.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            blake2b = hashlib.file_digest(file, "blake2b").hexdigest()
        about = source.stat()
    except OSError as error:
        raise ProblemError(
            Problem(
                code="H026", what=f"the file to copy can't be read ({error.strerror})", where=Place(file=str(source)),
                fix="name a file that you may read; a folder: pack it first (`tar czf`)",
                state="no host was asked",
            )
        ) from error  # fmt: skip
    whole = path + source.name if path.endswith("/") else path
    return Sent(
        path=whole.removeprefix(HOME), source=source, size=about.st_size, sha256=sha256, blake2b=blake2b,
        mode=stat.S_IMODE(about.st_mode) if mode is None else mode,
    )  # fmt: skip
