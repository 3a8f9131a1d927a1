"""What a run says while it runs."""

from __future__ import annotations

from collections.abc import Mapping

from ecluse.engine.plan import Ended
from ecluse.engine.run import Began, Waits
from ecluse.model.verdict import Answer, Verdict
from ecluse.ports.world import World


class Telling:
    """What the engine does, to the person. That a step waits is said once for each thing that it waits for."""

    def __init__(self, world: World, verdicts: Mapping[str, Verdict]) -> None:
        """`verdicts` has that of each step that has ended."""
        self._reporter, self._verdicts = world.reporter, verdicts
        self._waits: dict[str, str] = {}

    def __call__(self, event: Began | Ended | Waits) -> None:
        if isinstance(event, Waits):
            if self._waits.get(event.name) != event.what:
                self._reporter.note(f"{event.name} waits for the lock {event.what}")
            self._waits[event.name] = event.what
        elif isinstance(event, Began):
            self._reporter.began(event.name, f"attempt {event.attempt}" if event.attempt > 1 else "")
        else:
            verdict = self._verdicts[event.name]
            detail = next(iter(verdict.evidence), "")
            self._reporter.ended(event.name, ok=verdict.answer is Answer.PASSED, detail=detail)
