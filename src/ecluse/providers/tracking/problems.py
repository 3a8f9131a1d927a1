"""What can be wrong with a tracker. No text of these holds a token: it stands in no address and in no answer."""

from __future__ import annotations

from collections.abc import Iterable

from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.ports.tracker import RateLimitedError

WAITS = "what is to be told waits in the ledger; nothing else is held up"


def unreachable(tracker: str, why: str) -> ProblemError:
    return ProblemError(
        Problem(
            code="T001", what=f"{tracker} can't be reached: {why}", state=WAITS, exit=Exit.UNREACHABLE,
            fix="nothing to do if it comes back; else look at `url` in [tickets]",
        )
    )  # fmt: skip


def not_from_here(tracker: str, why: str) -> ProblemError:
    return ProblemError(
        Problem(
            code="T015", what=f"{tracker} can't be asked from here: {why}", state=WAITS, exit=Exit.UNREACHABLE,
            fix="look at HTTPS_PROXY, ALL_PROXY and SSL_CERT_FILE where you call ecluse: a proxy is http:// or "
            "https://, a certificate of your own needs the file of its authority",
        )
    )  # fmt: skip


def no_token(name: str) -> ProblemError:
    return ProblemError(
        Problem(
            code="T002", what=f"the secret {name}, which lets us into the tracker, has no value", state=WAITS,
            fix=f"set {name} where you call ecluse, or put {name}=… into .env.tickets and keep that file out of git",
            exit=Exit.REFUSED,
        )
    )  # fmt: skip


def odd_token(name: str) -> ProblemError:
    return ProblemError(
        Problem(
            code="T017", what=f"the secret {name} can't be a token: it has spaces, or letters that no token has",
            state=WAITS, fix=f"copy the token into {name} once more, alone and whole", exit=Exit.REFUSED,
        )
    )  # fmt: skip


def not_known(tracker: str, name: str) -> ProblemError:
    return ProblemError(
        Problem(
            code="T003", what=f"{tracker} doesn't accept the token in {name}", state=WAITS, exit=Exit.REFUSED,
            fix="make a new one; Jira and Trello also want the `account` that it belongs to",
        )
    )  # fmt: skip


def forbidden(tracker: str, what: str) -> ProblemError:
    return ProblemError(
        Problem(
            code="T004", what=f"{tracker} doesn't let us {what}", state=WAITS, exit=Exit.REFUSED,
            fix="give the token's account the right to read, comment on and move tickets there",
        )
    )  # fmt: skip


def no_ticket(tracker: str, key: str) -> ProblemError:
    return ProblemError(
        Problem(
            code="T005", what=f"{tracker} has no ticket {key} that we may see", state="it is told nothing",
            fix="a mistyped key does no harm; if it is there, let the token's account see it", exit=Exit.REFUSED,
        )
    )  # fmt: skip


def busy(tracker: str, seconds: float) -> RateLimitedError:
    problem = Problem(
        code="T006", what=f"{tracker} wants to be left alone for {seconds:g} s", state=WAITS,
        fix="nothing to do: the next command after that goes on", exit=Exit.UNREACHABLE,
    )  # fmt: skip
    return RateLimitedError(problem, seconds)


def no_way(tracker: str, key: str, to: str, ways: Iterable[str]) -> ProblemError:
    known = ", ".join(dict.fromkeys(ways))
    return ProblemError(
        Problem(
            code="T007", what=f"{key} can't go to '{to}' from where it is on {tracker}",
            evidence=(f"from there it can go to: {known or 'nowhere'}",), state="it stays there, and is told",
            fix="write `on_release`, `on_deploy` or `on_rollback` as it is called there", exit=Exit.REFUSED,
        )
    )  # fmt: skip


def senseless(tracker: str, what: str, evidence: str) -> ProblemError:
    return ProblemError(
        Problem(
            code="T008", what=f"{tracker} answers what we don't understand: {what}", state=WAITS, exit=Exit.UNREACHABLE,
            evidence=(evidence,) if evidence else (),
            fix="look at `url` in [tickets]: it may be another program, or another version",
        )
    )  # fmt: skip


def refused(tracker: str, what: str, code: int, answer: str) -> ProblemError:
    return ProblemError(
        Problem(
            code="T014", what=f"{tracker} refuses to let us {what}: HTTP {code}", state=WAITS, exit=Exit.REFUSED,
            evidence=(answer,) if answer else (),
            fix="do what it says; if it wants a field for a transition, name another, or change the workflow",
        )
    )  # fmt: skip


def no_project(tracker: str, key: str) -> ProblemError:
    return ProblemError(
        Problem(
            code="T009", what=f"{tracker} has no project or board for {key} that we may see", state=WAITS,
            exit=Exit.REFUSED, fix="look at `project` or `board` in [tickets], and at what the token's account may see",
        )
    )  # fmt: skip
