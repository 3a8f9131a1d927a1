"""What happened to the runs of the pipeline and to their steps."""

from __future__ import annotations

from ecluse.model.events.event import Event
from ecluse.model.values import frozen


@frozen
class RunStarted(Event):
    """A command that changes something began. `verb` is `ship`, `check`, …"""

    run: str
    verb: str
    commit: str = ""
    dirty: bool = False


@frozen
class RunEnded(Event):
    """A run of steps ended."""

    run: str
    outcome: str
    seconds: float
    why: str = ""


@frozen
class StepEnded(Event):
    """A pipeline step has its verdict. One that passed after several attempts is flaky."""

    run: str
    step: str
    answer: str
    seconds: float
    attempts: int = 1
    evidence: tuple[str, ...] = ()
    log: str = ""
    cached: str = ""
    logs: tuple[str, ...] = ()
    """One for each attempt, where there were several."""
