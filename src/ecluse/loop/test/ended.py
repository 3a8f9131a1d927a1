"""What the end of a step's node means. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ecluse.engine.plan import Ended, State
from ecluse.loop.test.judged import Judged
from ecluse.model.verdict import Answer, Verdict

FLAKY = "flaky"
_ANSWERS = {State.PASSED: Answer.PASSED, State.FAILED: Answer.FAILED, State.NOT_RUN: Answer.NOT_RUN}


def verdict_of(ended: Ended, logs: Sequence[Path]) -> Verdict:
    """`logs` are those of its attempts. Passed after a retry is flaky, and says so."""
    judged: Judged | None = ended.outcome.result if ended.outcome else None
    flaky = (f"{FLAKY}: passed at attempt {ended.attempts}",) if _is_flaky(ended) else ()
    problems = [f"{problem}; {problem.fix}" for problem in ended.problems]
    why = problems or ([ended.why] if ended.why else [])
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


def _is_flaky(ended: Ended) -> bool:
    return ended.state is State.PASSED and ended.attempts > 1
