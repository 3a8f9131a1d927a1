"""One process at a time."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ecluse.model.problem import Exit, Problem, ProblemError


@contextmanager
def releasing(path: Path) -> Iterator[None]:
    """The right to release, held until the block ends or its process does: the kernel gives a lock back (flock(2)).

    Somebody has it: ProblemError R012."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ProblemError(
                Problem(
                    code="R012",
                    what="another `ecluse release` is at work here",
                    state="this one changed nothing",
                    fix="wait for its end; `ecluse release` then says what there is to do",
                    exit=Exit.BUSY,
                )
            ) from None
        yield
