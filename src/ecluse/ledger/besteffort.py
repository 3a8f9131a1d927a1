"""For commands that must work in an emergency: to look and to stop take no memory, only the hosts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TypeVar

from ecluse.model.events.event import Event
from ecluse.model.history import DeploymentKnown, State
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.runs import RunKnown, StepKnown
from ecluse.ports.ledger import Ledger, Record, Verification

Result = TypeVar("Result")


class BestEffortLedger:
    """`ledger` until it fails with a Problem. One that can't be written is read all the same, and what is appended goes
    to `spare`, an empty one; one that can't be read is left for that. `lost` is told once.

    One that has answered is not left: what it knew (a migration that closes the way back) must not be forgotten on the
    way, so from then on what can't be read is raised.
    """

    def __init__(self, ledger: Ledger, spare: Ledger, lost: Callable[[Problem], None]) -> None:
        self._own, self._spare, self._lost = ledger, spare, lost
        self._read = self._written = ledger
        self._is_told = self._has_answered = False

    def append(self, *events: Event) -> tuple[Record, ...]:
        try:
            return self._written.append(*events)
        except ProblemError as error:
            self._leave(error, self._written)
            self._written = self._spare
            return self._spare.append(*events)

    def defer(self, *events: Event) -> None:
        """Written at once: what waits to be written, and can't be, would be told to whoever reads."""
        self.append(*events)

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
        with suppress(ProblemError):
            self._own.close()

    def _try(self, ask: Callable[[Ledger], Result]) -> Result:
        try:
            answer = ask(self._read)
        except ProblemError as error:
            if self._has_answered:
                raise
            self._leave(error, self._read)
            self._read = self._written = self._spare
            return ask(self._spare)
        self._has_answered = True
        return answer

    def _leave(self, error: ProblemError, ledger: Ledger) -> None:
        if ledger is self._spare:
            raise error
        if not self._is_told:
            self._lost(error.problems[0])
        self._is_told = True
