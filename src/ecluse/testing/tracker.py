"""The contract of a tracker. Subclass it, give the fixtures, and pytest runs it all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ecluse.model.problem import Exit, ProblemError
from ecluse.model.ticket import Marker, Said, Standing, standing
from ecluse.model.tracker import Happening
from ecluse.ports.tracker import Tracker

AT = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
MARKER = Marker(app="shop", version="1.4.0", happening=Happening.DEPLOYED, environment="production", at=AT)
SAID = Said(
    paragraphs=("Deployed to production with shop 1.4.0.", "Commits: 1a2b3c4 <b> [x](y) *z*"),
    marker=MARKER,
    link=("production", "https://shop.example.com/a?b=(c)"),
)


@asynccontextmanager
async def used(tracker: Tracker) -> AsyncIterator[None]:
    """What it has open belongs to the event loop of the test."""
    try:
        yield
    finally:
        await tracker.close()


@pytest.mark.looped
class TrackerContract:
    """What the loop relies on, whatever keeps the tickets."""

    @pytest.fixture
    def tracker(self) -> Tracker:
        raise NotImplementedError("give one with the ticket `key`, titled 'A window', which is not done")

    @pytest.fixture
    def key(self) -> str:
        raise NotImplementedError("the ticket's key")

    @pytest.fixture
    def absent(self) -> str:
        raise NotImplementedError("the key of a ticket that isn't there")

    @pytest.fixture
    def done(self) -> str:
        raise NotImplementedError("the name of a state in which a ticket is done")

    async def test_a_ticket_says_where_it_stands(self, tracker: Tracker, key: str) -> None:
        async with used(tracker):
            ticket = await tracker.look(key)
            assert (ticket.key, ticket.title, ticket.is_done) == (key, "A window", False)
            assert ticket.status

    async def test_there_is_no_comment_of_ours_at_first(self, tracker: Tracker, key: str) -> None:
        async with used(tracker):
            assert await tracker.remarks(key) == ()

    async def test_a_comment_is_found_by_what_is_hidden_in_it(self, tracker: Tracker, key: str) -> None:
        async with used(tracker):
            made = await tracker.remark(key, SAID)
            (found,) = await tracker.remarks(key)
            assert (found.id, found.marker) == (made.id, MARKER)
            assert standing(replace(MARKER, at=AT + timedelta(days=1)), [found.marker], is_late=False) is Standing.SAID

    async def test_comments_come_in_the_order_in_which_they_were_made(self, tracker: Tracker, key: str) -> None:
        async with used(tracker):
            for number in range(5):
                await tracker.remark(key, replace(SAID, marker=replace(MARKER, version=f"1.4.{number}")))
            found = await tracker.remarks(key)
            assert [one.marker.version for one in found] == [f"1.4.{number}" for number in range(5)]
            assert sorted(one.order for one in found) == [one.order for one in found]

    async def test_a_comment_is_withdrawn_alone_and_twice(self, tracker: Tracker, key: str) -> None:
        async with used(tracker):
            first, second = await tracker.remark(key, SAID), await tracker.remark(key, SAID)
            await tracker.withdraw(key, second)
            await tracker.withdraw(key, second)
            assert [one.id for one in await tracker.remarks(key)] == [first.id]

    async def test_a_ticket_is_moved_once(self, tracker: Tracker, key: str, done: str) -> None:
        async with used(tracker):
            assert await tracker.move(key, done) is True
            assert (await tracker.look(key)).is_done
            assert await tracker.move(key, done) is False

    async def test_the_name_of_a_state_may_be_written_small(self, tracker: Tracker, key: str, done: str) -> None:
        async with used(tracker):
            assert await tracker.move(key, done.swapcase()) is True

    async def test_a_ticket_that_is_not_there_is_said(self, tracker: Tracker, absent: str) -> None:
        async with used(tracker):
            for asked in (tracker.look(absent), tracker.remarks(absent), tracker.remark(absent, SAID)):
                with pytest.raises(ProblemError) as error:
                    await asked
                assert (error.value.problems[0].code, error.value.exit) == ("T005", Exit.REFUSED)
