"""A question that can stop us, and its answer with evidence."""

from __future__ import annotations

from enum import StrEnum

from ecluse.model.values import frozen


class Answer(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not_run"
    """A dependency failed or the run was cancelled. Never reported as passed."""
    NOT_CHECKED = "not_checked"
    """The source of evidence did not answer."""
    OVERRIDDEN = "overridden"
    """It was not passed, and a person said why to go on. Never reported as passed."""
    SKIPPED = "skipped"
    """Nothing that it is for has changed. Counts as success; never reported as passed."""


@frozen
class Verdict:
    """The answer of one gate. `evidence` are short facts: counts, a status, the last lines of a log."""

    gate: str
    answer: Answer
    evidence: tuple[str, ...] = ()
    log: str = ""
    """Path of the full log, when there is one."""
    seconds: float = 0.0
    attempts: int = 1
    cached: str = ""
    """When and how it passed, where it wasn't run again because nothing has changed."""
    fix: str = ""
    """What a person can do about it, where that isn't plain."""
    is_required: bool = True
    """False: it is said, and stops nothing."""
    known_failures: tuple[str, ...] = ()
    """Tests that failed and are listed as known to."""
    cured: tuple[str, ...] = ()
    """Tests that are listed as known to fail, and pass."""
    logs: tuple[str, ...] = ()
    """One for each attempt, where there were several."""

    @property
    def stops(self) -> bool:
        return self.is_required and self.answer not in {Answer.PASSED, Answer.OVERRIDDEN, Answer.SKIPPED}

    @property
    def flaky(self) -> bool:
        """Passed, and not at its first attempt."""
        return self.answer is Answer.PASSED and self.attempts > 1
