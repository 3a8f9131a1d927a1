"""Tickets are told once each, and never hold anything up."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from ecluse.loop.tickets.finish import tell_patiently, tell_tickets
from ecluse.loop.tickets.problems import gathered
from ecluse.loop.tickets.telling import is_time, tell_due
from ecluse.model.events.tickets import TicketPutOff, TicketTold
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.ports.tracker import RateLimitedError
from ecluse.providers.memory.tracker import MemoryTracker
from support.tickets import APP

AWAY = Problem(code="T001", what="the tracker can't be reached", fix="wait", exit=Exit.UNREACHABLE)
FORBIDDEN = Problem(code="T004", what="the tracker doesn't let us", fix="ask", exit=Exit.REFUSED)
BUSY = Problem(code="T006", what="the tracker is busy", fix="wait", exit=Exit.UNREACHABLE)
NO_WAY = Problem(code="T007", what="it can't go there", fix="name another", exit=Exit.REFUSED)


def error(problem):
    return ProblemError(problem)


def codes(telling):
    return [problem.code for problem in telling.problems]


def test_a_release_is_told_moved_and_recorded(laptop, board):
    laptop.named("ABC-1", "ABC-2")
    telling = laptop.tell()
    assert [(one.ticket, one.outcome, one.moved) for one in telling.told] == [
        ("ABC-1", "told", "Done"), ("ABC-2", "told", "Done"),
    ]  # fmt: skip
    assert board.texts("ABC-1") == [
        "Released in shop 1.4.0.\nCommits: abc1234, def5678\nrelease 1.4.0: https://example.com/1.4.0"
    ]
    assert board.moves == [("ABC-1", "Done"), ("ABC-2", "Done")]
    assert laptop.waiting == []
    assert laptop.tracker.is_closed


def test_a_deployment_says_where_and_links_there(laptop, board):
    laptop.named(happening="deploy", environment="production")
    laptop.tell()
    assert board.texts("ABC-1") == [
        "Deployed to production with shop 1.4.0.\nCommits: abc1234, def5678\nproduction: https://shop.example.com"
    ]


def test_a_rollback_says_so_and_moves_back(laptop, board):
    laptop.named(happening="deploy", environment="production")
    laptop.named(happening="rollback", environment="production", serving="1.3.0")
    laptop.tell()
    said = "Taken back from production: shop 1.4.0 was rolled back, 1.3.0 serves there again."
    assert board.texts("ABC-1")[1].startswith(said)
    assert board.moves == [("ABC-1", "Done"), ("ABC-1", "In Progress")]


def test_what_was_taken_back_and_is_deployed_again_is_said_again(laptop, board):
    for happening in ("deploy", "rollback", "deploy"):
        laptop.named(happening=happening, environment="production")
        laptop.memory.clock.advance(60)
        laptop.tell()
    assert [text.partition(" ")[0] for text in board.texts("ABC-1")] == ["Deployed", "Taken", "Deployed"]


def test_without_comments_a_ticket_is_only_moved(laptop, board):
    laptop.named()
    laptop.tell(replace(APP, tickets=replace(APP.tickets, comment=False)))
    assert (board.texts("ABC-1"), board.moves, laptop.waiting) == ([], [("ABC-1", "Done")], [])


class Killed(BaseException):
    """The process ends here."""


class Deadly(MemoryTracker):
    """Dies at one of its calls, before or after it has done its work."""

    def __init__(self, board, at, *, after):
        super().__init__(board=board)
        self.left, self.after = at, after

    async def _mortal(self, call):
        self.left -= 1
        if self.left == 0 and not self.after:
            call.close()
            raise Killed
        done = await call
        if self.left == 0:
            raise Killed
        return done

    async def remarks(self, key):
        return await self._mortal(super().remarks(key))

    async def remark(self, key, said):
        return await self._mortal(super().remark(key, said))

    async def move(self, key, to):
        return await self._mortal(super().move(key, to))


CALLS = 4
"""Look, move, comment, look again: for one ticket."""


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, 2 * CALLS + 1))
def test_a_kill_anywhere_leaves_one_comment_and_one_move(laptop, board, at, after):
    laptop.named("ABC-1", "ABC-2")
    deadly = Deadly(board, at, after=after)
    with pytest.raises(Killed):
        laptop.tell(tracker=deadly)
    assert laptop.waiting != []
    laptop.memory.clock.advance(3600)
    laptop.tell()
    assert [len(board.texts(key)) for key in ("ABC-1", "ABC-2")] == [1, 1]
    assert sorted(board.moves) == [("ABC-1", "Done"), ("ABC-2", "Done")]
    assert laptop.waiting == []


class Mortal:
    """A ledger in front of which the process ends: nothing more is recorded."""

    def __init__(self, ledger):
        self._ledger = ledger

    def state(self):
        return self._ledger.state()

    def append(self, *facts):
        raise Killed


def test_a_kill_between_the_comment_and_our_record_leaves_one_comment(laptop, board):
    laptop.named()
    with pytest.raises(Killed):
        laptop.tell(ledger=Mortal(laptop.ledger))
    assert len(board.texts("ABC-1")) == 1
    laptop.tell()
    assert (len(board.texts("ABC-1")), laptop.waiting, len(board.moves)) == (1, [], 1)
    assert [one.outcome for one in laptop.facts(TicketTold)] == ["said"]


def test_two_laptops_tell_a_release_once(laptop, other, board):
    for one in (laptop, other):
        one.named()
        one.tell()
    assert len(board.texts("ABC-1")) == 1
    assert [one.outcome for one in other.facts(TicketTold)] == ["said"]


class Slow(MemoryTracker):
    """Lets others go on at each call."""

    async def remarks(self, key):
        found = await super().remarks(key)
        await asyncio.sleep(0)
        return found


def test_two_laptops_at_the_same_moment_tell_it_once(laptop, other, board):
    async def both():
        await asyncio.gather(
            *(
                tell_due(APP, APP.tickets, replace(one.memory.world, tracker=lambda _: Slow(board=board)), timedelta(9))
                for one in (laptop, other)
            )
        )

    laptop.named()
    other.named()
    asyncio.run(both())
    assert next(board.numbers) == 3  # both wrote
    assert len(board.texts("ABC-1")) == 1
    assert (laptop.waiting, other.waiting) == ([], [])


def test_what_waited_long_and_was_overtaken_is_not_said(laptop, other, board):
    laptop.named(happening="deploy", environment="production")
    other.memory.clock.advance(600)
    other.named(happening="rollback", environment="production")
    other.tell()
    laptop.memory.clock.advance(900)
    laptop.tell()
    assert [text.partition(" ")[0] for text in board.texts("ABC-1")] == ["Taken"]
    assert [one.outcome for one in laptop.facts(TicketTold)] == ["overtaken"]


def test_what_waited_long_does_not_move_back_what_has_gone_on(laptop, other, board):
    """A laptop's release is told when CI has told its deploy long since."""
    app = replace(APP, tickets=replace(APP.tickets, on_release="In Progress"))
    laptop.named()
    other.memory.clock.advance(600)
    other.named(happening="deploy", environment="production")
    other.tell(app)
    laptop.memory.clock.advance(900)
    laptop.tell(app)
    assert [text.partition(" ")[0] for text in board.texts("ABC-1")] == ["Deployed", "Released"]
    assert board.moves == [("ABC-1", "Done")]


def test_what_is_said_on_a_ticket_waits_for_what_comes_before(laptop, board):
    laptop.named("ABC-1", "ABC-2")
    laptop.named("ABC-1", happening="deploy", environment="production")
    laptop.tracker.fail(error(FORBIDDEN))
    laptop.tell()
    assert [(key, board.texts(key)) for key in board.comments if key != "ABC-2"] == []
    laptop.tell()
    assert [text.partition(" ")[0] for text in board.texts("ABC-1")] == ["Released", "Deployed"]


def test_a_ticket_that_is_not_there_is_said_once_and_the_others_are_told(laptop, board):
    laptop.named("ABC-1", "ABC-98", "ABC-99", "ABC-2")
    telling = laptop.tell()
    assert codes(telling) == ["T005"]
    assert len(telling.problems[0].evidence) == 1
    assert (laptop.waiting, board.moves) == ([], [("ABC-1", "Done"), ("ABC-2", "Done")])
    assert laptop.tell().told == []


def test_a_problem_of_many_tickets_names_some_and_counts_the_rest(laptop):
    laptop.named(*(f"ABC-{number}" for number in range(100, 200)))
    *named, last = laptop.tell().problems[0].evidence
    assert (len(named), named[0].partition(":")[0], last) == (10, "ABC-101", "and 89 tickets more")


def test_a_problem_that_is_the_same_for_all_is_told_once():
    assert gathered([(f"ABC-{number}", AWAY) for number in range(99)]) == (AWAY,)


def test_a_tracker_that_does_not_let_us_is_not_stormed(laptop):
    laptop.named("ABC-1", "ABC-2", "ABC-3", "ABC-4")
    laptop.tracker.fail(error(FORBIDDEN), 99)
    assert codes(laptop.tell()) == ["T004"]
    assert laptop.tracker.calls == ["remarks ABC-1", "remarks ABC-2"]
    assert laptop.waiting == ["ABC-1", "ABC-2", "ABC-3", "ABC-4"]


def test_one_ticket_that_is_closed_to_us_does_not_stop_the_others(laptop, board):
    laptop.named("ABC-1", "ABC-2")
    laptop.tracker.fail(error(FORBIDDEN))
    assert codes(laptop.tell()) == ["T004"]
    assert (laptop.waiting, board.moves) == (["ABC-1"], [("ABC-2", "Done")])
    laptop.memory.clock.advance(15 * 24 * 3600)
    laptop.tracker.fail(error(FORBIDDEN))
    laptop.tell()
    assert laptop.waiting == []


def test_what_waited_for_weeks_is_no_news(laptop, board):
    """A laptop that had no token until today."""
    laptop.named("ABC-1", "ABC-2")
    laptop.memory.clock.advance(14 * 24 * 3600)
    laptop.named("ABC-3")
    telling = laptop.tell()
    assert (codes(telling), [one.outcome for one in telling.told]) == (["T018"], ["refused", "refused", "told"])
    assert ([key for key, _ in board.moves], laptop.waiting) == (["ABC-3"], [])
    assert laptop.tell().problems == ()


def test_one_ticket_that_breaks_the_tracker_does_not_stand_in_the_way(laptop, board):
    laptop.named("ABC-1", "ABC-2")
    laptop.named("ABC-1", "ABC-3", version="1.5.0")
    laptop.tracker.fail(error(AWAY))
    laptop.tell()
    assert board.moves == []
    laptop.tell()
    assert [call for call in laptop.tracker.calls if call.startswith("remark ")] == [
        "remark ABC-2", "remark ABC-3", "remark ABC-1", "remark ABC-1",
    ]  # fmt: skip
    assert [text.split()[3] for text in board.texts("ABC-1")] == ["1.4.0.", "1.5.0."]
    assert laptop.waiting == []


class ReadOnly(MemoryTracker):
    """As GitHub answers a token that may read alone."""

    async def remark(self, key, said):
        return self._known("remark", "nowhere")

    async def move(self, key, to):
        return self._known("move", "nowhere")


@pytest.mark.parametrize("comment", [True, False])
def test_a_ticket_that_can_be_read_and_not_written_to_waits(laptop, board, comment):
    laptop.named()
    app = replace(APP, tickets=replace(APP.tickets, comment=comment))
    assert codes(laptop.tell(app, tracker=ReadOnly(board=board))) == ["T016"]
    assert (laptop.waiting, laptop.facts(TicketTold)) == (["ABC-1"], [])
    laptop.tell(app)
    assert (laptop.waiting, len(board.texts("ABC-1")), board.moves) == ([], int(comment), [("ABC-1", "Done")])


def test_tickets_that_are_closed_to_us_do_not_stand_in_the_way(laptop, board):
    laptop.named("ABC-1", "ABC-2", "ABC-3")
    laptop.tracker.fail(error(FORBIDDEN), 2)
    laptop.tell()
    assert (laptop.waiting, len(laptop.facts(TicketPutOff))) == (["ABC-1", "ABC-2", "ABC-3"], 2)
    laptop.tell()
    assert [key for key, _ in board.moves] == ["ABC-3", "ABC-1", "ABC-2"]


def test_a_ticket_that_can_not_go_there_is_told_all_the_same(laptop, board):
    laptop.named()
    telling = laptop.tell(replace(APP, tickets=replace(APP.tickets, on_release="Nowhere")))
    assert codes(telling) == ["T007"]
    assert (len(board.texts("ABC-1")), laptop.waiting) == (1, [])


def test_a_tracker_that_is_away_is_asked_later(laptop):
    laptop.named()
    laptop.tracker.fail(error(AWAY))
    assert codes(laptop.tell()) == ["T001"]
    assert laptop.waiting == ["ABC-1"]
    now = laptop.memory.clock.now
    assert not is_time(laptop.outbox, now())
    laptop.memory.clock.advance(30)
    assert is_time(laptop.outbox, now())
    laptop.tell()
    assert (laptop.waiting, laptop.outbox.tracker.failures) == ([], 0)


def test_a_tracker_that_is_busy_is_left_alone_as_long_as_it_says(laptop):
    laptop.named()
    laptop.tracker.fail(RateLimitedError(BUSY, 900))
    laptop.tell()
    laptop.memory.clock.advance(899)
    assert not is_time(laptop.outbox, laptop.memory.clock.now())
    laptop.memory.clock.advance(1)
    assert is_time(laptop.outbox, laptop.memory.clock.now())


def test_a_clock_that_was_ahead_keeps_nobody_away(laptop):
    laptop.named()
    laptop.tracker.fail(error(AWAY))
    before = laptop.memory.clock.now()
    laptop.memory.clock.advance(10 * 24 * 3600)
    laptop.tell()
    later = laptop.memory.clock.now()
    assert not is_time(laptop.outbox, later)
    assert is_time(laptop.outbox, before)


def test_who_has_time_waits_for_a_tracker_that_is_busy(laptop, board):
    laptop.named("ABC-1", "ABC-2")
    laptop.tracker.fail(RateLimitedError(BUSY, 60), 2)
    told = asyncio.run(tell_patiently(APP, APP.tickets, laptop.memory.world, timedelta(minutes=10)))
    assert [one.outcome for one in told.told] == ["told", "told"]
    assert (laptop.waiting, told.problems, len(board.moves)) == ([], (), 2)


def test_who_waits_for_a_tracker_does_not_wait_for_ever(laptop):
    laptop.named()
    laptop.tracker.fail(RateLimitedError(BUSY, 60), 99)
    before = laptop.memory.clock.now()
    told = asyncio.run(tell_patiently(APP, APP.tickets, laptop.memory.world, timedelta(minutes=10)))
    assert (codes(told), laptop.waiting) == (["T006"], ["ABC-1"])
    assert laptop.memory.clock.now() - before < timedelta(minutes=10)


class Silent(MemoryTracker):
    async def remarks(self, key):
        await asyncio.Event().wait()


def test_a_tracker_that_never_answers_has_its_budget_and_no_more(laptop, board):
    laptop.named()
    app = replace(APP, tickets=replace(APP.tickets, budget=timedelta(milliseconds=20)))
    assert codes(laptop.tell(app, tracker=Silent(board=board))) == ["T012"]
    assert laptop.waiting == ["ABC-1"]


class Endless(MemoryTracker):
    """One ticket takes longer than there is."""

    async def remarks(self, key):
        return await (asyncio.sleep(60) if key == "ABC-1" else super().remarks(key))


def test_a_ticket_that_takes_all_the_time_comes_last_from_then_on(laptop, board):
    laptop.named("ABC-1", "ABC-2")
    hasty = replace(APP, tickets=replace(APP.tickets, budget=timedelta(milliseconds=20)))
    for _ in range(2):
        assert codes(laptop.tell(hasty, Endless(board=board))) == ["T012"]
    assert (laptop.waiting, board.moves) == (["ABC-1"], [("ABC-2", "Done")])


def finish(laptop, app=APP):
    shown = []
    asyncio.run(tell_tickets(app, laptop.memory.world, shown.append))
    return [problem.code for problem in shown]


def test_a_command_shows_a_problem_once(laptop):
    laptop.named()
    laptop.tracker.fail(error(AWAY), 2)
    assert finish(laptop) == ["T001"]
    assert finish(laptop) == []  # it isn't time
    laptop.memory.clock.advance(30)
    assert finish(laptop) == []  # the same again
    laptop.memory.clock.advance(60)
    assert finish(laptop) == []
    assert laptop.memory.reporter.heard == [("note", "", "told 1 ticket: ABC-1")]


def test_a_command_asks_nothing_where_nothing_is_due(laptop):
    assert finish(laptop) == []
    assert finish(laptop, replace(APP, tickets=None)) == []
    assert laptop.tracker.calls == []


def test_an_interrupt_leaves_the_rest_to_the_next_command(laptop, board):
    laptop.named()
    world = replace(laptop.memory.world, tracker=lambda _: Silent(board=board))

    async def interrupted():
        task = asyncio.ensure_future(tell_tickets(APP, world, print))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        await task

    asyncio.run(interrupted())
    assert laptop.waiting == ["ABC-1"]
    assert laptop.memory.reporter.heard == [("note", "", "tickets are told by the next command")]


def test_a_ledger_that_can_not_be_written_is_a_note(laptop):
    full = Problem(code="L002", what="the disk is full", fix="make room")

    class Full:
        def state(self):
            return laptop.ledger.state()

        def append(self, *facts):
            raise ProblemError(full)

    laptop.named()
    world = replace(laptop.memory.world, ledger=Full())
    asyncio.run(tell_tickets(APP, world, print))
    assert laptop.memory.reporter.heard == [
        ("note", "", "! tickets are told by the next command: the disk is full [L002]")
    ]


def test_an_error_of_ours_is_a_note(laptop):
    laptop.named()
    laptop.tracker.fail(AssertionError("nobody thought of this"))
    assert finish(laptop) == []
    ((_, _, said),) = laptop.memory.reporter.heard
    assert said.startswith("! tickets are told by the next command: AssertionError in tracker.py, line ")
    assert "nobody" not in said, "what it was about may be a secret"
    assert laptop.waiting == ["ABC-1"]
