"""What the end of a step's node means. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ecluse.engine.plan import Ended, State
from ecluse.loop.test.judged import Judged
from ecluse.model.problem import Problem
from ecluse.model.verdict import Answer, Verdict

FLAKY = "flaky"
_LAST_LINES = 8
_ANSWERS = {State.PASSED: Answer.PASSED, State.FAILED: Answer.FAILED, State.NOT_RUN: Answer.NOT_RUN}


def verdict_of(ended: Ended, logs: Sequence[Path], masked: Callable[[str], str] = str) -> Verdict:
    """`logs` are those of its attempts. Passed after a retry is flaky, and says so. What Problems quote is `masked`."""
    judged: Judged | None = ended.outcome.result if ended.outcome else None
    flaky = (f"{FLAKY}: passed at attempt {ended.attempts}",) if _is_flaky(ended) else ()
    why = [masked(line) for problem in ended.problems for line in _told(problem)] or ([ended.why] if ended.why else [])
    evidence = (*flaky, *(judged.evidence if judged else ()), *why)
    return Verdict(
        gate=ended.name,
        answer=judged.answer if judged and judged.answer else _ANSWERS[ended.state],
        evidence=evidence,
        log=str(logs[-1]) if ended.attempts and logs else "",
        logs=tuple(map(str, logs)) if ended.attempts > 1 else (),
        seconds=round(ended.seconds, 3),
        attempts=ended.attempts,
        known_failures=judged.known if judged else (),
        cured=judged.cured if judged else (),
        is_required=judged.is_required if judged else True,
    )


def _told(problem: Problem) -> tuple[str, ...]:
    return (f"{problem}; {problem.fix}", *problem.evidence[-_LAST_LINES:])


def _is_flaky(ended: Ended) -> bool:
    return ended.state is State.PASSED and ended.attempts > 1
