"""What a step has shown."""

from __future__ import annotations

from ecluse.model.values import frozen
from ecluse.model.verdict import Answer


@frozen
class Judged:
    """`evidence` begins with what decided."""

    passed: bool
    evidence: tuple[str, ...]
    covered: float | None = None
    """Percent of lines, when there is a report."""
    known: tuple[str, ...] = ()
    """Listed failures that failed."""
    cured: tuple[str, ...] = ()
    """Listed failures that passed."""
    answer: Answer | None = None
    """Where it is more than passed or failed."""
    is_required: bool = True
