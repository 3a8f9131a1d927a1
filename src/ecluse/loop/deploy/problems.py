"""What can end a deployment, told so that a person can act."""

from __future__ import annotations

from dataclasses import replace

from ecluse.model.app import App
from ecluse.model.problem import Exit, Problem
from ecluse.model.verdict import Verdict

WITHOUT_A_SAY = frozenset({Exit.BUSY, Exit.UNREACHABLE})
"""Superseded, or cut off: the target undoes by itself, and we can only say so."""
TOLD = 15
"""Lines of a migration's output that are shown."""


def migration_failed(app: App, output: str, *, timed_out: bool) -> Problem:
    ending = f"did not end within {app.migrate_timeout}" if timed_out else "failed"
    return Problem(
        code="D020",
        what=f"the migration `{' '.join(app.migrate)}` {ending}",
        evidence=tuple(output.splitlines()[-TOLD:]),
        state="no traffic was moved; the release before serves. What the migration changed in the data stays changed",
        fix="mend the migration, commit, and ship again",
        exit=Exit.ROLLED_BACK,
    )


def gate_failed(verdict: Verdict, version: str) -> Problem:
    return Problem(
        code="D021" if verdict.gate != "watch" else "D022",
        what=f"release {version} did not pass `{verdict.gate}`",
        evidence=verdict.evidence,
        state="traffic is where it was; the new slot is stopped",
        fix="read `ecluse logs`, mend, commit, and ship again",
        exit=Exit.ROLLED_BACK,
    )


def undone(problem: Problem) -> Problem:
    """A Problem of the target that ended a deployment, with the state that things are in after the undo."""
    if problem.state or problem.exit in WITHOUT_A_SAY:
        return problem
    return replace(problem, state="undone: what served before serves, and nothing of the new release runs")


def interrupted() -> Problem:
    return Problem(
        code="D023",
        what="interrupted",
        state="what was begun is undone",
        fix="run the command again when you like",
        exit=Exit.INTERRUPTED,
    )


def lease_ran_out(generation: int) -> Problem:
    return Problem(
        code="D010",
        what=f"our lease (generation {generation}) could not be renewed in time, so no further order was given",
        state="the target undoes what was not committed when the lease ends",
        fix="look with `ecluse status`, then run the command again",
        exit=Exit.BUSY,
    )
