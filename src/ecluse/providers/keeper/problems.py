"""What a keeper refuses, told to a person: what, why, what to do next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.wire import codes
from ecluse.wire.codes import OrderError

LOOK = "look with `ecluse status`, then run the command again"

WHO = ("user", "host", "pid", "command")

TOLD: Mapping[str, tuple[Exit, str]] = {
    codes.UNREACHABLE: (Exit.UNREACHABLE, "run the command again; `ecluse doctor` says what is in the way"),
    codes.BAD_ORDER: (Exit.NEEDS_PERSON, "the keeper that runs here may be of another version: run `ecluse doctor`"),
    codes.HELD: (
        Exit.BUSY,
        "wait, or stand in line with --wait; a holder that died loses its lease, `ecluse unlock` evicts one that hangs",
    ),
    codes.SUPERSEDED: (Exit.BUSY, LOOK),
    codes.DEPLOYMENT_OPEN: (Exit.BUSY, LOOK),
    codes.HAS_TRAFFIC: (Exit.REFUSED, LOOK),
    codes.COMMITTED: (Exit.REFUSED, "go back with `ecluse rollback`"),
    codes.PORT_TAKEN: (
        Exit.REFUSED,
        "end what has the port (there: `ecluse stop ENV`), or set another `port` for this environment",
    ),
    codes.PORT_FORBIDDEN: (
        Exit.REFUSED,
        "choose a port from 1024; or allow low ones: sudo sysctl net.ipv4.ip_unprivileged_port_start=80",
    ),
    codes.LISTENS_ELSEWHERE: (
        Exit.REFUSED,
        "keep the address and port in ecluse.toml; or `ecluse stop`, then ship (nothing serves in between)",
    ),
    codes.NO_WAY: (
        Exit.REFUSED,
        "name a process that listens on a port, on a host where it runs: `ecluse status` shows what runs where",
    ),
    codes.DISK_FULL: (Exit.REFUSED, "free some space, then run the command again"),
    codes.READ_ONLY: (
        Exit.REFUSED,
        "look why (`dmesg`), make it writable again (`mount -o remount,rw`), then run the command again",
    ),
    codes.STAGING_FAILED: (Exit.REFUSED, "read the evidence, fix the cause, then run the command again"),
    codes.CANNOT_START: (Exit.REFUSED, "check the command of the process in ecluse.toml"),
    codes.SERVICE_FAILED: (
        Exit.REFUSED,
        "read its log (`ecluse logs --process NAME`); `ecluse services reset NAME` begins anew, without its data",
    ),
    codes.INTERNAL: (Exit.NEEDS_PERSON, "read keeper.log in the environment's folder, and report this"),
}


def problem(error: OrderError, hide: Callable[[str], str] = str) -> ProblemError:
    """`hide` masks the secrets that a command of the app may have printed."""
    exit_code, fix = TOLD.get(error.code, TOLD[codes.INTERNAL])
    evidence = tuple(hide(line) for line in lines(for_a_person(error.evidence)))
    return ProblemError(Problem(code=error.code, what=error.message, fix=fix, evidence=evidence, exit=exit_code))


def unreachable(why: str) -> ProblemError:
    return problem(OrderError(codes.UNREACHABLE, f"the keeper of this environment can't be reached: {why}"))


def incomplete(digest: str) -> ProblemError:
    return ProblemError(
        Problem(
            code="K004",
            what=f"a part of the bundle is neither on the host nor in the content store here ({digest[:19]}…)",
            fix="build it again from its commit: `ecluse ship --commit REV`",
            exit=Exit.REFUSED,
        )
    )


def newer_keeper(theirs: str, ours: str) -> ProblemError:
    return ProblemError(
        Problem(
            code="K005", what=f"the keeper there is of Écluse {theirs}, newer than this ({ours}), and isn't replaced",
            fix=f"update Écluse here to {theirs} or later (`pip install -U ecluse`)",
            state="nothing was changed", exit=Exit.REFUSED,
        )
    )  # fmt: skip


def older_keeper() -> ProblemError:
    return ProblemError(
        Problem(
            code="K006", what="the keeper there is of an older Écluse, which can't do this yet",
            fix="the next `ecluse deploy` or `ecluse rollback` brings it up to date, and so does `ecluse exec` with a "
            "command",
            state="nothing was changed", exit=Exit.REFUSED,
        )
    )  # fmt: skip


def not_removed() -> ProblemError:
    return ProblemError(
        Problem(
            code="K006", what="the keeper there was of an older Écluse, which can't remove an environment",
            fix="ship to it and stop it with --remove again, or remove its folder there",
            state="it was stopped; its releases, data and logs are still there", exit=Exit.REFUSED,
        )
    )  # fmt: skip


def for_a_person(evidence: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of a lease: who has it, and since when. The rest is for keepers, by which they tell processes apart."""
    if "holder" not in evidence:
        return evidence
    holder = evidence["holder"] or {}
    who = {key: holder[key] for key in WHO if key in holder}
    since = {"since": f"{evidence['age']:.0f} s ago"} if "age" in evidence else {}
    return {**({"holder": who} if who else {}), **since}


def lines(evidence: Mapping[str, Any]) -> Iterator[str]:
    """The evidence as short lines, one fact each; output keeps its own lines."""
    for name, value in evidence.items():
        if isinstance(value, Mapping):
            yield f"{name}: " + ", ".join(f"{key} {_flat(inner)}" for key, inner in value.items() if _flat(inner))
        elif isinstance(value, list):
            yield from (f"{name}: {_flat(item)}" for item in value)
        else:
            yield f"{name}: {_flat(value)}"


def _flat(item: Any) -> str:
    if isinstance(item, Mapping):
        return " ".join(_flat(value) for value in item.values())
    if isinstance(item, float):
        return f"{item:.1f}"
    return "" if item is None else str(item)
