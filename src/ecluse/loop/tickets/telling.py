"""Telling tickets, each thing once.

The comment comes last and is what confirms it: a ticket that has it needs nothing more, whoever wrote it. Before it
everything can be done again. A kill after the comment and before our own record costs one look.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ecluse.loop.tickets.problems import gathered, read_only, too_late, too_slow
from ecluse.loop.tickets.wording import marker, said
from ecluse.model.app import App
from ecluse.model.events.tickets import TicketPutOff, TicketTold, TrackerFailed
from ecluse.model.history import State
from ecluse.model.notices import NoticeKnown, Outbox
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.ticket import Remark, Said, Standing, has_gone_on, standing
from ecluse.model.tracker import Happening, Tickets
from ecluse.model.values import frozen
from ecluse.ports.tracker import RateLimitedError, Tracker
from ecluse.ports.world import World

FORBIDDEN, GONE, NO_WAY, REFUSED, READ_ONLY = "T004", "T005", "T007", "T014", "T016"
OF_ONE_TICKET = frozenset({FORBIDDEN, REFUSED, READ_ONLY})
"""What says nothing of the others."""
REFUSED_IN_A_ROW = 2
"""So many, and nothing told between them: it is the tracker that doesn't let us, not the ticket."""
FRESH = timedelta(minutes=2)
"""What is told so soon after it happened can't have been overtaken, whatever the clocks of others say."""
GIVEN_UP_AFTER = timedelta(days=14)
"""What could not be told for so long is told no more."""


@dataclass(slots=True, kw_only=True)
class Telling:
    """What came of it. `problems` are told once: a Problem that the tracker had the last time, too, is left out."""

    told: list[TicketTold] = field(default_factory=list)
    trouble: list[tuple[str, Problem]] = field(default_factory=list)
    failed: TrackerFailed | None = None

    @property
    def problems(self) -> tuple[Problem, ...]:
        return gathered(self.trouble)


def is_time(outbox: Outbox, now: datetime) -> bool:
    """Whether something is due and the tracker may be asked. It may be if it failed in times to come: a clock that was
    ahead has been set, and might keep us away for years."""
    failed, again = outbox.tracker.at, outbox.tracker.again_at()
    return bool(outbox.due) and (failed is None or again is None or failed > now or again <= now)


async def tell_due(app: App, tickets: Tickets, world: World, within: timedelta) -> Telling:
    """Everything that is due, oldest first. What isn't confirmed by then stays in the outbox. Raises nothing that has
    to do with the tracker."""
    telling = Telling()
    state = world.ledger.state()
    whole = Round(app, tickets, world, telling)
    try:
        async with asyncio.timeout(within.total_seconds()):
            await whole.tell_all(state)
    except TimeoutError:
        late = too_slow(within.total_seconds())
        whole.take_too_long(late)
        _failed(telling, late)
    except RateLimitedError as error:
        _failed(telling, error.problems[0], error.patience)
    except ProblemError as error:
        _failed(telling, error.problems[0])
    if telling.failed:
        world.ledger.append(telling.failed)
    return telling


class Round:
    """One time through all that is due; what was put off comes last."""

    def __init__(self, app: App, tickets: Tickets, world: World, telling: Telling) -> None:
        self._app, self._tickets, self._world, self._telling = app, tickets, world, telling
        self._refused: list[Problem] = []
        self._failed: set[str] = set()
        self._in_a_row = 0
        self._at: Message | None = None

    async def tell_all(self, state: State) -> None:
        tracker = self._world.tracker(self._tickets)
        try:
            for message in self._messages(state):
                await self._tell(message, tracker)
        finally:
            await tracker.close()
        if self._refused:
            raise ProblemError(self._refused[0])

    def take_too_long(self, problem: Problem) -> None:
        """One that alone takes all the time, with thousands of comments, comes last from now on."""
        if self._at and not self._telling.told:
            self._put_off(self._at, problem)

    def _messages(self, state: State) -> Iterator[Message]:
        late = state.outbox.late
        for is_late in (False, True):
            for notice in state.outbox.due:
                known = state.releases.get(notice.release)
                for key in notice.tickets:
                    if (key in late) == is_late and key not in self._failed:
                        yield Message(
                            app=self._app, tickets=self._tickets, notice=notice, key=key,
                            commit=known.commit if known else "", telling=self._telling,
                        )  # fmt: skip

    async def _tell(self, message: Message, tracker: Tracker) -> None:
        self._at, now = message, self._world.clock.now()
        if old := message.too_old(now):
            self._record(old)
            return
        try:
            told = await message.tell(tracker, now)
        except ProblemError as error:
            problem = error.problems[0]
            if given_up := message.given_up(problem):
                self._record(given_up)
                return
            self._put_off(message, problem)
            if problem.code not in OF_ONE_TICKET or self._in_a_row == REFUSED_IN_A_ROW:
                raise
        else:
            self._record(told)

    def _record(self, told: TicketTold) -> None:
        self._world.ledger.append(told)
        self._telling.told.append(told)
        self._in_a_row = 0

    def _put_off(self, message: Message, problem: Problem) -> None:
        """So that one ticket can't stand in the way of the others for ever. What else is to be said on it waits."""
        self._refused.append(problem)
        self._failed.add(message.key)
        self._in_a_row += 1
        if message.key not in message.notice.put_off:
            fact = TicketPutOff(
                environment=message.notice.environment, notice=message.notice.number, ticket=message.key,
                code=problem.code, why=problem.what,
            )  # fmt: skip
            self._world.ledger.append(fact)


@frozen
class Message:
    """One thing for one ticket."""

    app: App
    tickets: Tickets
    notice: NoticeKnown
    key: str
    commit: str
    telling: Telling

    async def tell(self, tracker: Tracker, now: datetime) -> TicketTold:
        wanted, there = marker(self.app, self.notice), await tracker.remarks(self.key)
        markers, is_late = [one.marker for one in there], now - self.notice.at > FRESH
        how = standing(wanted, markers, is_late=is_late)
        if how is not Standing.NEW:
            mine = [one.id for one in there if one.marker.says == wanted.says]
            return _fact(self.notice, self.key, how.value, comment=mine[-1] if mine else "")
        moved = "" if is_late and has_gone_on(wanted, markers) else await self._move(tracker)
        if not self.tickets.comment:
            return _fact(self.notice, self.key, "told", moved=moved)
        with writing(self.key):
            made = await tracker.remark(self.key, self._said())
        kept = await self._only_one(tracker, made, {one.id for one in there})
        return _fact(self.notice, self.key, "told", comment=kept.id, moved=moved)

    def too_old(self, now: datetime) -> TicketTold | None:
        """A ticket that is told of last month's release, and moved, is told no news."""
        return self._over(too_late()) if now - self.notice.at >= GIVEN_UP_AFTER else None

    def given_up(self, problem: Problem) -> TicketTold | None:
        """The fact that it is over for this ticket; None when it may be told later."""
        return self._over(problem) if problem.code == GONE else None

    def _over(self, problem: Problem) -> TicketTold:
        self.telling.trouble.append((self.key, problem))
        return _fact(self.notice, self.key, "refused", why=problem.what)

    def _said(self) -> Said:
        return said(self.app, self.tickets, self.notice, self.key, self.commit)

    async def _move(self, tracker: Tracker) -> str:
        """A ticket that can't go there is told all the same: what was released is released. Where nothing else would be
        told of it, one that we may not move yet waits."""
        to = self.tickets.move(Happening(self.notice.happening), self.notice.environment)
        if not to:
            return ""
        try:
            with writing(self.key):
                return to if await tracker.move(self.key, to) else ""
        except ProblemError as error:
            if error.problems[0].code not in {NO_WAY, *(OF_ONE_TICKET if self.tickets.comment else ())}:
                raise
            self.telling.trouble.append((self.key, error.problems[0]))
            return ""

    async def _only_one(self, tracker: Tracker, made: Remark, before: set[str]) -> Remark:
        """Two machines that looked at the same moment both wrote: the earlier comment stays, on both counts."""
        says = made.marker.says
        same = [one for one in await tracker.remarks(self.key) if one.marker.says == says and one.id not in before]
        first = min(same, key=lambda one: one.order, default=made)
        if first.id != made.id:
            await tracker.withdraw(self.key, made)
        return first


@contextmanager
def writing(key: str) -> Iterator[None]:
    """To a ticket that was there when it was read: GitHub answers a token that may only read with 404, too."""
    try:
        yield
    except ProblemError as error:
        if error.problems[0].code != GONE:
            raise
        raise ProblemError(read_only(key)) from error


def _fact(
    notice: NoticeKnown, key: str, outcome: str, *, comment: str = "", moved: str = "", why: str = ""
) -> TicketTold:
    return TicketTold(
        environment=notice.environment, notice=notice.number, version=notice.version, happening=notice.happening,
        ticket=key, outcome=outcome, comment=comment, moved=moved, why=why,
    )  # fmt: skip


def _failed(telling: Telling, problem: Problem, patience: float = 0.0) -> None:
    telling.failed = TrackerFailed(code=problem.code, why=problem.what, patience=patience)
    telling.trouble.append(("", problem))


def waiting(notices: Sequence[NoticeKnown]) -> int:
    """How many tickets are to be told something."""
    return sum(len(notice.tickets) for notice in notices)
