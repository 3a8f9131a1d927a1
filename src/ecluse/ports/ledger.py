"""The append-only memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from ecluse.model.values import frozen

if TYPE_CHECKING:
    from ecluse.model.events.event import Event
    from ecluse.model.history import DeploymentKnown, State
    from ecluse.model.runs import RunKnown, StepKnown


@frozen
class Record:
    """An event as it stands in the ledger. `hash` covers the canonical bytes and `previous`."""

    number: int
    at: datetime
    actor: str
    event: Event
    previous: str
    hash: str


@frozen
class Verification:
    """What a look through the hash chain found."""

    ok: bool
    events: int
    head: str
    broken_at: int | None = None
    why: str = ""


class Ledger(Protocol):
    """One writer at a time, one time per transaction, events never edited.

    When `append` returns, the events are on disk (they may authorise an outside effect). A ledger that can't be
    written or read raises ProblemError with an L code and is left as it was.
    """

    def append(self, *events: Event) -> tuple[Record, ...]:
        """All of them or none, in one transaction with the projections they change."""

    def defer(self, *events: Event) -> None:
        """Events that authorise nothing: on disk before the next `append` or read, at most 20 ms later on their own."""

    def events(self, *, after: int = 0, environment: str | None = None, limit: int | None = None) -> Iterator[Record]:
        """In order of number, from the one behind `after`."""

    def newest(
        self, *, before: int | None = None, environment: str | None = None, limit: int = 20
    ) -> tuple[Record, ...]:
        """Newest first: a keyset cursor, `before` is the number of the last one seen."""

    def state(self) -> State:
        """The fold of all events, read from projections."""

    def deployments(
        self, *, before: int | None = None, environment: str | None = None, limit: int = 20
    ) -> tuple[DeploymentKnown, ...]:
        """All that ever began, newest first; `before` is the `number` of the last one seen."""

    def runs(
        self, *, before: int | None = None, environment: str | None = None, limit: int = 20
    ) -> tuple[RunKnown, ...]:
        """Runs of the pipeline, newest first; `before` is the `number` of the last one seen. One that ended in another
        transaction than it began in is one all the same."""

    def steps(self) -> tuple[StepKnown, ...]:
        """What is known of every step that ever ran, by name."""

    def verify(self) -> Verification: ...

    def rebuild(self) -> int:
        """Make the projections anew from the events; returns how many events were folded."""

    def close(self) -> None: ...
