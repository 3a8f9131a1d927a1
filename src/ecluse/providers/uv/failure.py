"""What uv's failures mean to the person. uv ends with 1 where no answer exists, with 2 where it couldn't find out."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ecluse.model.problem import Exit, Place, Problem, ProblemError
from ecluse.ports.commands import Finished

NOTHING_FITS = "B012"
NO_ANSWER = 1
"""uv's exit code where it looked everywhere and nothing fits."""
LINES = 15
"""How much of a tool's last words is quoted."""
NEARLY_FULL = 20 * 1024 * 1024
"""Bytes; with less left, a failure to write is taken for the cause."""


def last_words(finished: Finished) -> tuple[str, ...]:
    lines = [line.rstrip() for line in finished.output.splitlines() if line.strip()]
    return tuple(lines[-LINES:]) or (f"it ended with {finished.exit_code} and said nothing",)


def unresolved(finished: Finished, source: str, home: Path) -> ProblemError:
    """No set of versions fits, or the index couldn't be asked."""
    place = Place(file=source) if "." in source else None
    nothing_fits = Problem(
        code="B012",
        what="no set of versions satisfies what the app asks for",
        where=place,
        fix="change the requirement named above, or set build.python or build.exclude_newer",
    )
    unanswered = Problem(
        code="B013",
        what="the dependencies could not be resolved",
        where=place,
        fix="mend the file or requirement that the last lines name; if they name none, check the network and pip's "
        "index settings, then run it again",
    )
    return full(home) or _quoting(finished, nothing_fits if finished.exit_code == NO_ANSWER else unanswered)


def unbuilt(finished: Finished, name: str, home: Path, *, project: bool) -> ProblemError:
    of_project = Problem(
        code="B020",
        what="the project itself doesn't build",
        fix="mend its build, or set install_project = false in [build] to run it from its tree",
    )
    of_dependency = Problem(
        code="B021",
        what=f"{name} has no wheel for this Python and doesn't build here",
        fix="install the compiler or headers it names, pin another version, or set build.python to one "
        "for which it has a wheel",
    )
    return full(home) or _quoting(finished, of_project if project else of_dependency)


def uninstalled(finished: Finished, home: Path) -> ProblemError:
    problem = Problem(code="B022", what="the environment could not be filled", fix="look at the last lines")
    return full(home) or _quoting(finished, problem)


def mismatched(finished: Finished, lock: str, fix: str) -> ProblemError:
    problem = Problem(code="B010", what=f"{lock} doesn't match the manifest beside it", where=Place(file=lock), fix=fix)
    return _quoting(finished, problem)


def unfetched(url: str, why: str) -> ProblemError:
    return ProblemError(
        Problem(
            code="B013",
            what=f"a file of the lock could not be fetched: {url.rsplit('/', 1)[-1]}",
            evidence=(why,),
            state="nothing was changed; what was fetched is kept",
            fix="check the network and pip's index settings, then run it again",
            exit=Exit.REFUSED,
        )
    )


def altered(url: str, expected: str, got: str) -> ProblemError:
    return ProblemError(
        Problem(
            code="B014",
            what=f"{url.rsplit('/', 1)[-1]} is not the file that was locked",
            evidence=(f"locked: sha256:{expected}", f"fetched: sha256:{got}"),
            state="it was thrown away",
            fix="find out why the index serves another file before you lock again",
            exit=Exit.REFUSED,
        )
    )


def full(home: Path) -> ProblemError | None:
    """The Problem of a full disk, if it is one."""
    try:
        free = shutil.disk_usage(home).free
    except OSError:
        return None
    return disk_full(home) if free < NEARLY_FULL else None


def disk_full(home: Path) -> ProblemError:
    return ProblemError(
        Problem(
            code="B030",
            what=f"the disk of {home} is full",
            state="nothing half-made is left",
            fix="free some space, or point ECLUSE_HOME at another disk",
            exit=Exit.REFUSED,
        )
    )


def of_os_error(error: OSError, home: Path) -> ProblemError | None:
    return disk_full(home) if error.errno in {errno.ENOSPC, errno.EDQUOT} else None


@contextmanager
def disk(home: Path) -> Iterator[None]:
    """Whatever is written inside: a full disk is a Problem."""
    try:
        yield
    except OSError as error:
        if problem := of_os_error(error, home):
            raise problem from error
        raise


def _quoting(finished: Finished, problem: Problem) -> ProblemError:
    return ProblemError(
        replace(problem, evidence=last_words(finished), state="nothing was installed", exit=Exit.REFUSED)
    )
