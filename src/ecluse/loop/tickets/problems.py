"""What can be wrong with telling tickets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ecluse.model.counted import counted
from ecluse.model.problem import Exit, Problem

MOST_TOLD = 10
"""Tickets that a Problem names."""
WAITS = "what is to be told waits in the ledger; the next command tries again, with growing pauses"


def too_many(count: str, what: str, most: int) -> Problem:
    return Problem(
        code="T010", what=f"{what} names {count}, more than {most}: none of them is told",
        state="release and deployments go on", exit=Exit.REFUSED,
        fix="raise `most` in [tickets] if all of them are to be told",
    )  # fmt: skip


def no_tracker() -> Problem:
    return Problem(
        code="T011", what="the manifest names no tracker",
        fix='add [tickets] with tracker = "jira", "trello", "github" or "gitlab": `ecluse explain tickets`',
    )  # fmt: skip


def too_slow(seconds: float) -> Problem:
    return Problem(
        code="T012", what=f"the tracker took longer than the {seconds:g} s that it has (`budget`)",
        state=WAITS, fix="`ecluse tickets sync` takes the time it needs", exit=Exit.UNREACHABLE,
    )  # fmt: skip


def too_late() -> Problem:
    return Problem(
        code="T018", what="what waited for two weeks is told no more", state="its tickets stay as they are",
        fix="tell them yourself if they matter; `ecluse tickets` says what waits, before it is too late",
        exit=Exit.REFUSED,
    )  # fmt: skip


def untold(count: str) -> Problem:
    return Problem(
        code="T013", what=f"{count} still to be told", state=WAITS,
        fix="`ecluse tickets status` says which, and why", exit=Exit.UNREACHABLE,
    )  # fmt: skip


def read_only(key: str) -> Problem:
    return Problem(
        code="T016", what=f"{key} can be read, and isn't there for who wants to write to it", state=WAITS,
        fix="give the token the right to write (of GitHub's classic ones, the scope `repo` or `public_repo`)",
        exit=Exit.REFUSED,
    )  # fmt: skip


def gathered(problems: Sequence[tuple[str, Problem]]) -> tuple[Problem, ...]:
    """The same Problem of several tickets is one, with what each of them said."""
    found: dict[str, list[tuple[str, Problem]]] = {}
    for key, problem in problems:
        found.setdefault(problem.code, []).append((key, problem))
    return tuple(_together(same) for same in found.values())


def _together(same: list[tuple[str, Problem]]) -> Problem:
    """What the first says itself is not said again of each of the others."""
    (_, first), *others = same
    told = [f"{key}: {problem.what}" for key, problem in others if problem.what != first.what]
    more = [f"and {counted(len(told) - MOST_TOLD, 'ticket')} more"] if len(told) > MOST_TOLD else []
    return replace(first, evidence=(*first.evidence, *told[:MOST_TOLD], *more)) if told else first
