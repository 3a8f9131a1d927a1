"""Why a balancer can't be asked, or did not do what it was told."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Mapping
from typing import Any

from ecluse.model.ids import HostName
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.suggestion import suggest

UNCHANGED = "nothing was changed in the balancer"
DENIED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def no_python(machine: str, said: str) -> ProblemError:
    return ProblemError(
        Problem(
            code="H020", what=f"the balancer on {machine} can't be asked: python3 could not be run there",
            fix="install python3 (3.9 or newer) there, or name the right machine in `hosts` of the balancer",
            evidence=tuple(said.strip().splitlines()[-3:]), state=UNCHANGED, exit=Exit.UNREACHABLE,
        )
    )  # fmt: skip


def too_slow(machine: str, seconds: float) -> ProblemError:
    return ProblemError(
        Problem(
            code="H020", what=f"the balancer on {machine} did not answer within {seconds:g} s",
            fix="`ecluse balancer status` shows whether it did what it was told; look there what holds it up",
            state="what it was told last it may still do", exit=Exit.UNREACHABLE,
        )
    )  # fmt: skip


def refused_socket(machine: str, where: str, answer: Mapping[str, Any]) -> ProblemError:
    """HAProxy's runtime API could not be spoken to."""
    if answer["errno"] in DENIED:
        return ProblemError(
            Problem(
                code="H021", what=f"{where} on {machine} may not be opened: {answer['why']}",
                fix="give the user there the socket's group (`stats socket … mode 660 group haproxy level admin`, "
                "then `sudo adduser USER haproxy`)",
                state=UNCHANGED, exit=Exit.REFUSED,
            )
        )  # fmt: skip
    absent = answer["errno"] == errno.ENOENT
    return ProblemError(
        Problem(
            code="H020", what=f"HAProxy can't be asked on {machine}: {where}: {answer['why']}",
            fix="add `stats socket` to its `global` section, or name the right `socket`" if absent else
            "start HAProxy there; `ecluse balancer render` writes a configuration for it",
            state=UNCHANGED, exit=Exit.UNREACHABLE,
        )
    )  # fmt: skip


def refused_file(machine: str, path: str, answer: Mapping[str, Any]) -> ProblemError:
    """nginx's included file could not be read or written."""
    if answer["errno"] in DENIED:
        return ProblemError(
            Problem(
                code="H021", what=f"{path} on {machine} may not be written: {answer['why']}",
                fix="give the file and its folder to the user there: it is replaced as a whole",
                state=UNCHANGED, exit=Exit.REFUSED,
            )
        )  # fmt: skip
    return ProblemError(
        Problem(
            code="H020", what=f"the file of nginx's servers can't be read on {machine}: {path}: {answer['why']}",
            fix="`ecluse balancer render --servers` writes it; `include` it in the upstream, or name the right `file`",
            state=UNCHANGED, exit=Exit.UNREACHABLE,
        )
    )  # fmt: skip


def no_backend(machine: str, backend: str, known: Iterable[str]) -> ProblemError:
    """It knows none of the hosts, or not what they are called together."""
    there = sorted(known)
    return ProblemError(
        Problem(
            code="H022", what=f"the balancer on {machine} has no backend '{backend}' with servers",
            fix=suggest(backend, there) or "name it (`backend`), or give the balancer what `ecluse balancer render` "
            "writes",
            evidence=(f"it has {', '.join(there)}",) if there else (), state=UNCHANGED, exit=Exit.REFUSED,
        )
    )  # fmt: skip


def no_server(machine: str, backend: str, host: HostName, called: str, known: Iterable[str]) -> ProblemError:
    there = sorted(known)
    return ProblemError(
        Problem(
            code="H023", what=f"the balancer on {machine} has no server '{called}' for {host} in {backend}",
            fix="call it so there: `ecluse balancer render --servers` writes its line",
            evidence=(f"it has {', '.join(there)}",) if there else (), state=UNCHANGED, exit=Exit.REFUSED,
        )
    )  # fmt: skip


def not_done(machine: str, host: HostName, wanted: str, said: str) -> ProblemError:
    """HAProxy answered, and the server is as it was: a socket of a lower level, most likely."""
    return ProblemError(
        Problem(
            code="H024", what=f"HAProxy on {machine} did not make {host} {wanted}",
            fix="the socket has to be of `level admin` (its manual, `stats socket`)",
            evidence=tuple(said.strip().splitlines()[:3]), state=UNCHANGED, exit=Exit.REFUSED,
        )
    )  # fmt: skip


def no_reload(machine: str, command: Iterable[str], answer: Mapping[str, Any]) -> ProblemError:
    return ProblemError(
        Problem(
            code="H024", what=f"nginx on {machine} was not reloaded: `{' '.join(command)}` ended with {answer['code']}",
            fix="run it there as that user; a command that needs root can be allowed by name in sudoers (`sudo -n …`)",
            evidence=tuple(str(answer["failed"]).strip().splitlines()[-6:]),
            state="the file of its servers is what it was", exit=Exit.REFUSED,
        )
    )  # fmt: skip


def raced(machine: str, path: str) -> ProblemError:
    return ProblemError(
        Problem(
            code="H024", what=f"{path} on {machine} changes faster than it can be written",
            fix="find out who else writes it, then run this again", state=UNCHANGED, exit=Exit.REFUSED,
        )
    )  # fmt: skip
