"""The ledger of one machine: one SQLite file, for several commands at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ecluse.ledger import chain
from ecluse.ledger.sqlite import problems
from ecluse.ledger.sqlite.connection import BUSY_SECONDS, NEWEST, Connection
from ecluse.model.events.event import Event
from ecluse.model.events.runs import RunEnded, RunStarted, StepEnded
from ecluse.model.problem import ProblemError
from ecluse.ports.clock import Clock
from ecluse.ports.ledger import Record, Verification

if TYPE_CHECKING:
    from ecluse.model.history import DeploymentKnown, State
    from ecluse.model.runs import RunKnown, StepKnown

PAGE = 500
"""Events read at a time, so that a slow reader keeps no transaction open."""

GROUP_SECONDS = 0.02

OF_RUNS = (RunStarted, RunEnded, StepEnded)

Result = TypeVar("Result")


class SqliteLedger:
    """Safe for threads; processes queue at the head row for up to `busy_seconds`. The file is made on first use.

    On a full disk `make_room` is asked to free some, and what was to be done is tried once more if it did.
    """

    def __init__(
        self,
        path: Path,
        clock: Clock,
        actor: str,
        *,
        busy_seconds: float = BUSY_SECONDS,
        make_room: Callable[[], bool] = lambda: False,
    ) -> None:
        self._make_room = make_room
        self._connection = Connection(path, busy_seconds, self._fold)
        self._clock = clock
        self._actor = actor
        self._lock = threading.RLock()
        self._queue = threading.Lock()  # held for moments: a step never waits for a disk
        self._waiting: list[Event] = []
        self._timer: threading.Timer | None = None

    def append(self, *events: Event) -> tuple[Record, ...]:
        with self._lock:
            self._flush()
            return self._with_room(lambda: self._write(events)) if events else ()

    def defer(self, *events: Event) -> None:
        with self._queue:
            self._waiting.extend(events)
            if self._timer is None and self._waiting:
                self._timer = threading.Timer(GROUP_SECONDS, self._flush_alone)
                self._timer.start()

    def events(self, *, after: int = 0, environment: str | None = None, limit: int | None = None) -> Iterator[Record]:
        left = NEWEST if limit is None else limit
        while left > 0:
            page = self._page("events_after", environment, {"after": after, "limit": min(PAGE, left)})
            yield from (self._read(link) for link in page)
            if len(page) < PAGE:
                return
            after, left = page[-1].number, left - len(page)

    def newest(
        self, *, before: int | None = None, environment: str | None = None, limit: int = 20
    ) -> tuple[Record, ...]:
        page = self._page("events_before", environment, {"before": _cursor(before), "limit": limit})
        return tuple(self._read(link) for link in page)

    def state(self) -> State:
        with self._lock:
            self._flush()
            return self._with_room(self._state)

    def deployments(
        self, *, before: int | None = None, environment: str | None = None, limit: int = 20
    ) -> tuple[DeploymentKnown, ...]:
        with self._lock:
            from ecluse.ledger.sqlite import projections  # noqa: PLC0415

            self._flush()
            return projections.deployments(self._connection, environment, _cursor(before), limit)

    def runs(
        self, *, before: int | None = None, environment: str | None = None, limit: int = 20
    ) -> tuple[RunKnown, ...]:
        with self._lock:
            from ecluse.ledger.sqlite import runs  # noqa: PLC0415

            self._flush()
            return runs.runs(self._connection, environment, _cursor(before), limit)

    def steps(self) -> tuple[StepKnown, ...]:
        with self._lock:
            from ecluse.ledger.sqlite import runs  # noqa: PLC0415

            self._flush()
            return runs.steps(self._connection)

    def verify(self) -> Verification:
        with self._lock:
            self._flush()
            with self._connection.reading():
                number, head = self._connection.rows("read_head")[0]
                return chain.follow(self._links(), events=number, head=head)

    def rebuild(self) -> int:
        with self._lock:
            self._flush()
            with self._connection.writing():
                return self._fold()

    def _fold(self) -> int:
        """Inside a transaction."""
        from ecluse.ledger.sqlite import projections  # noqa: PLC0415

        projections.clear(self._connection)
        count = 0
        for page in batched(map(self._read, self._links())):
            self._project(page)
            count += len(page)
        return count

    def close(self) -> None:
        with self._lock:
            self._flush()
            self._connection.close()

    def _with_room(self, work: Callable[[], Result]) -> Result:
        try:
            return work()
        except ProblemError as error:
            if error.problems[0].code != problems.FULL or not self._make_room():
                raise
            return work()

    def _state(self) -> State:
        from ecluse.ledger.sqlite import projections  # noqa: PLC0415

        with self._connection.reading():
            return projections.state(self._connection)

    def _write(self, events: tuple[Event, ...]) -> tuple[Record, ...]:
        with self._connection.writing():
            at = self._clock.now()
            number, head = self._connection.rows("read_head")[0]
            links, records = [], []
            for event in events:
                number += 1
                link = chain.forge(head, number=number, at=at, actor=self._actor, event=event)
                head = link.hash
                links.append(_row(link))
                records.append(chain.kept(link, at=at, actor=self._actor, event=event))
            self._connection.each("insert_event", links)
            self._project(records)
            self._connection.rows("move_head", {"number": number, "hash": head})
        return tuple(records)

    def _project(self, records: list[Record]) -> None:
        """Each subject of events has its fold. One of which nothing is told isn't imported: most commands have events
        of one."""
        if any(isinstance(record.event, OF_RUNS) for record in records):
            from ecluse.ledger.sqlite import runs  # noqa: PLC0415

            runs.project(self._connection, records)
        if any(not isinstance(record.event, OF_RUNS) for record in records):
            from ecluse.ledger.sqlite import projections  # noqa: PLC0415

            for record in records:
                projections.project(self._connection, record)

    def _flush(self) -> None:
        """Under the lock. What can't be written stays waiting and is told to the caller."""
        with self._queue:
            events, self._waiting = self._waiting, []
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        if not events:
            return
        try:
            self._with_room(lambda: self._write(tuple(events)))
        except BaseException:
            with self._queue:
                self._waiting[:0] = events
            raise

    def _flush_alone(self) -> None:
        with self._lock:
            try:
                self._flush()
            except ProblemError:
                return  # still waiting: the next call that can tell somebody meets the same Problem

    def _page(self, query: str, environment: str | None, values: dict[str, int]) -> list[chain.Link]:
        with self._lock:
            self._flush()
            return self._connection_links(query, environment, values)

    def _connection_links(self, query: str, environment: str | None, values: dict[str, int]) -> list[chain.Link]:
        name = query if environment is None else f"{query}_in"
        rows = self._connection.rows(name, {**values, "environment": environment})
        return [chain.Link(**dict(row)) for row in rows]

    def _links(self) -> Iterator[chain.Link]:
        after = 0
        while page := self._connection_links("events_after", None, {"after": after, "limit": PAGE}):
            yield from page
            after = page[-1].number

    def _read(self, link: chain.Link) -> Record:
        try:
            return chain.read(link)
        except (ValueError, KeyError, TypeError) as error:
            raise ProblemError(problems.not_an_event(self._connection.path, link.number)) from error


def batched(records: Iterator[Record]) -> Iterator[list[Record]]:
    while page := list(islice(records, PAGE)):
        yield page


def _cursor(before: int | None) -> int:
    return NEWEST if before is None else before


def _row(link: chain.Link) -> dict[str, object]:
    return {
        "number": link.number,
        "environment": link.environment,
        "canonical": link.canonical,
        "previous": link.previous,
        "hash": link.hash,
    }
