"""A ledger that is only read: for looking at what would be done."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.model.events.event import Event
from ecluse.model.history import DeploymentKnown, State
from ecluse.model.runs import RunKnown, StepKnown
from ecluse.ports.ledger import Ledger, Record, Verification


class Unwritten:
    """Fills Ledger, but that nothing which is appended is kept."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def append(self, *events: Event) -> tuple[Record, ...]:  # noqa: ARG002
        return ()

    def defer(self, *events: Event) -> None: ...

    def events(self, *, after: int = 0, environment: str | None = None, limit: int | None = None) -> Iterator[Record]:
        return self._ledger.events(after=after, environment=environment, limit=limit)

    def newest(
        self, *, before: int | None = None, environment: str | None = None, limit: int = 20
    ) -> tuple[Record, ...]:
        return self._ledger.newest(before=before, environment=environment, limit=limit)

    def state(self) -> State:
        return self._ledger.state()

    def deployments(
        self, *, before: int | None = None, environment: str | None = None, limit: int = 20
    ) -> tuple[DeploymentKnown, ...]:
        return self._ledger.deployments(before=before, environment=environment, limit=limit)

    def runs(
        self, *, before: int | None = None, environment: str | None = None, limit: int = 20
    ) -> tuple[RunKnown, ...]:
        return self._ledger.runs(before=before, environment=environment, limit=limit)

    def steps(self) -> tuple[StepKnown, ...]:
        return self._ledger.steps()

    def verify(self) -> Verification:
        return self._ledger.verify()

    def rebuild(self) -> int:
        return 0

    def close(self) -> None:
        """Whoever opened it closes it."""
