"""For commands that must work in an emergency: to look and to stop take no memory, only the hosts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from ecluse.model.events.event import Event
from ecluse.model.history import DeploymentKnown, State
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.runs import RunKnown, StepKnown
from ecluse.ports.ledger import Ledger, Record, Verification

Result = TypeVar("Result")


class BestEffortLedger:
    """`ledger` until it fails with a Problem, from then on `spare`, an empty one; `lost` is told once."""

    def __init__(self, ledger: Ledger, spare: Ledger, lost: Callable[[Problem], None]) -> None:
        self._own, self._spare, self._lost = ledger, spare, lost
        self._used = ledger

    def append(self, *events: Event) -> tuple[Record, ...]:
        return self._try(lambda ledger: ledger.append(*events))

    def defer(self, *events: Event) -> None:
        self._try(lambda ledger: ledger.defer(*events))

    def events(self, *, after: int = 0, environment: str | None = None, limit: int | None = None) -> Iterator[Record]:
        yield from self._try(lambda ledger: tuple(ledger.events(after=after, environment=environment, limit=limit)))

    def newest(
        self, *, before: int | None = None, environment: str | None = None, limit: int = 20
    ) -> tuple[Record, ...]:
        return self._try(lambda ledger: ledger.newest(before=before, environment=environment, limit=limit))

    def state(self) -> State:
        return self._try(lambda ledger: ledger.state())

    def deployments(
        self, *, before: int | None = None, environment: str | None = None, limit: int = 20
    ) -> tuple[DeploymentKnown, ...]:
        return self._try(lambda ledger: ledger.deployments(before=before, environment=environment, limit=limit))

    def runs(
        self, *, before: int | None = None, environment: str | None = None, limit: int = 20
    ) -> tuple[RunKnown, ...]:
        return self._try(lambda ledger: ledger.runs(before=before, environment=environment, limit=limit))

    def steps(self) -> tuple[StepKnown, ...]:
        return self._try(lambda ledger: ledger.steps())

    def verify(self) -> Verification:
        return self._own.verify()

    def rebuild(self) -> int:
        return self._own.rebuild()

    def close(self) -> None:
        self._try(lambda ledger: ledger.close())

    def _try(self, ask: Callable[[Ledger], Result]) -> Result:
        try:
            return ask(self._used)
        except ProblemError as error:
            if self._used is self._spare:
                raise
            self._lost(error.problems[0])
            self._used = self._spare
            return ask(self._used)
