"""What uv's failures mean to the person. uv ends with 1 where no answer exists, with 2 where it couldn't find out."""

from __future__ import annotations

import errno
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ecluse.model.platform import Platform
from ecluse.model.problem import Exit, Place, Problem, ProblemError
from ecluse.ports.commands import Finished
from ecluse.ports.python import OtherPythonError, UnbuiltError

NOTHING_FITS = "B012"
NO_ANSWER = 1
"""uv's exit code where it looked everywhere and nothing fits."""
LINES = 15
"""How much of a tool's last words is quoted."""
NEARLY_FULL = 20 * 1024 * 1024
"""Bytes; with less left, a failure to write is taken for the cause."""


Find = Callable[[str], Place | None]


def nowhere(_name: str) -> None:
    """No place is known."""


def last_words(finished: Finished) -> tuple[str, ...]:
    lines = [line.rstrip() for line in finished.output.splitlines() if line.strip()]
    return tuple(lines[-LINES:]) or (f"it ended with {finished.exit_code} and said nothing",)


_UNBUILT = re.compile(r"Failed to (?:download and )?build `([A-Za-z0-9._-]+?)(?:==[^`]*)?`")
_UNANSWERED = re.compile(r"error sending request for url \(\w+://(?:[^/@)]*@)?([^/)]+)")
_SPEC = r"((?:[<>=!~]=?[\d.*]+(?:, ?)?)+)"
_OTHER_PYTHON = (
    re.compile(rf"does not satisfy Python(?P<spec>{_SPEC}) and (?P<name>[\w.-]+?)[<>=!~,@\s]"),
    re.compile(rf"(?P<name>[A-Za-z0-9][\w.-]*)\S* requires Python (?P<spec>{_SPEC})"),
)
"""What uv has no other way to say: it has one exit code for all that it couldn't resolve, and no structured output."""


def unresolved(finished: Finished, source: str, home: Path, find: Find = nowhere) -> ProblemError:
    """No set of versions fits, one of them doesn't build, or the index couldn't be asked. `find` gives the place at
    which a package is asked for."""
    said = " ".join(finished.output.split())
    if unbuilt_here := _UNBUILT.search(said):
        return unbuilt(finished, unbuilt_here[1], home, project=False)
    if others := [(one["spec"], one["name"]) for pattern in _OTHER_PYTHON for one in pattern.finditer(said)]:
        return other_python(finished, others, source, find)
    if asked := _UNANSWERED.search(said):
        return full(home) or _quoting(finished, unreachable(asked[1]))
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
        fix="mend the file or requirement that the last lines name, then run it again",
    )
    return full(home) or _quoting(finished, nothing_fits if finished.exit_code == NO_ANSWER else unanswered)


def unreachable(host: str) -> Problem:
    return Problem(
        code="B018",
        what=f"{host} didn't answer, and not all that the app needs was fetched before",
        fix="check the network, its proxy and pip's index settings, then run it again",
    )


def other_python(finished: Finished, others: list[tuple[str, str]], source: str, find: Find) -> OtherPythonError:
    """`others` are pairs of a specifier and the package that asks for it."""
    spec, name = others[-1]
    problem = Problem(
        code="B012",
        what=f"{name} asks for Python {spec}, and the chosen one is another",
        where=find(name) or (Place(file=source) if "." in source else None),
        fix=f"set build.python to a version that is {spec}, or change the requirement",
    )
    quoted = _quoting(finished, problem).problems
    return OtherPythonError(*quoted, wanted=tuple(dict.fromkeys(spec for spec, _ in others)))


MISSING = (
    (re.compile(r"fatal error: (\S+\.h(?:pp)?): No such file"), "the header {0}"),
    (re.compile(r"(\S*_config|pkg-config|cmake|cargo|rustc|swig|gfortran)(?: executable)? (?:is )?not found"), "{0}"),
    (re.compile(r"command '?([\w.+-]*(?:gcc|cc|g\+\+|clang)[\w.+-]*)'? failed: No such file"), "the compiler {0}"),
    (re.compile(r"cannot find -l(\w+)"), "the library {0}"),
    (re.compile(r"([\w.+-]+): (?:command )?not found"), "{0}"),
)
"""What compilers, linkers and setup scripts say when something of the system isn't there."""


def missing_here(output: str) -> str:
    """What a build lacks of the system, empty when it doesn't say."""
    return next((said.format(*found.groups()) for pattern, said in MISSING if (found := pattern.search(output))), "")


def unbuilt(finished: Finished, name: str, home: Path, *, project: bool) -> ProblemError:
    lacking = missing_here(finished.output)
    says = f": {lacking} isn't there" if lacking else ""
    install = f"install {lacking} (a package of your system)" if lacking else "install the compiler or headers it names"
    of_project = Problem(
        code="B020",
        what="the project itself doesn't build",
        fix="mend its build, or set install_project = false in [build] to run it from its tree",
    )
    of_dependency = Problem(
        code="B021",
        what=f"{name} has no wheel for this Python and doesn't build here{says}",
        fix=f"{install}, pin another version, or set build.python to one for which it has a wheel",
    )
    if problem := full(home):
        return problem
    problems = _quoting(finished, of_project if project else of_dependency).problems
    return UnbuiltError(*problems, packages=() if project else (name,), lacking=lacking)


def no_wheel(name: str, there: Platform, finished: Finished, home: Path) -> ProblemError:
    """What is built here is for this machine alone, or isn't built at all."""
    said = () if finished.ok else last_words(finished)
    return full(home) or ProblemError(_elsewhere(f"{name} has no wheel", there, said))


def nothing_there(error: ProblemError, there: Platform) -> ProblemError:
    """The versions that were tested don't all go with another platform."""
    named = ", ".join(error.packages) if isinstance(error, UnbuiltError) else ""
    what = f"{named} has no wheel" if named else "not all versions that were tested can be had"
    evidence = tuple(line for problem in error.problems for line in (*problem.evidence, *_said(problem)))
    return ProblemError(_elsewhere(what, there, evidence))


def no_platform(there: Platform) -> Problem:
    return Problem(
        code="B024",
        what=f"wheels for {there} can't be resolved on this machine",
        state="nothing was sent or moved",
        fix="deploy from a machine like that host, or give the host a Python and a system for which there are wheels",
        exit=Exit.REFUSED,
    )


def _said(problem: Problem) -> tuple[str, ...]:
    return () if problem.evidence else (problem.what,)


def _elsewhere(what: str, there: Platform, evidence: tuple[str, ...]) -> Problem:
    return Problem(
        code="B023",
        what=f"{what} for {there}, and what isn't pure Python can't be built here for it",
        evidence=evidence,
        state="nothing was sent or moved",
        fix="pin a version that has one, give the host another Python, or set build.python to one that all hosts have",
        exit=Exit.REFUSED,
    )


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
