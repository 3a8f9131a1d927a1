"""What would be in the next release."""

import asyncio
import json
from dataclasses import replace

import pytest

from ecluse.cli.render import plan as render
from ecluse.loop.plan.next_release import next_release
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.ticket import Ticket
from ecluse.providers.memory.tracker import Board
from support.tickets import PLACE, SHOP, Laptop, Line

AWAY = ProblemError(Problem(code="T001", what="the tracker can't be reached", fix="wait", exit=Exit.UNREACHABLE))
FORBIDDEN = ProblemError(Problem(code="T004", what="the tracker doesn't let us", fix="ask", exit=Exit.REFUSED))
LOST = Problem(code="K001", what="no route", fix="again", exit=Exit.UNREACHABLE)


@pytest.fixture
def line(tmp_path):
    """1.0.0 is released and serves; after it come two commits."""
    board = Board({f"ABC-{n}": Ticket(key=f"ABC-{n}", title=f"Window {n}", status="To Do") for n in (1, 2, 3)})
    made = Line(Laptop(tmp_path, board))
    first = made.release("1.0.0", "ABC-1")
    asyncio.run(made.laptop.memory.source.tag("v1.0.0", first.commit, ""))
    made.deploy(first)
    for subject in ("feat: ABC-2, ABC-99", "tidy up"):
        made.laptop.memory.source.commit({"app.py": subject}, subject)
    return made


def plan(line, environment=None, app=SHOP):
    commit = asyncio.run(line.laptop.memory.source.resolve("HEAD"))
    return asyncio.run(next_release(app, environment, commit, line.world))


def told(planned, capsys):
    render.text(planned)
    return capsys.readouterr()


def test_the_next_release_has_what_came_since_the_last_tag(line, capsys):
    planned = plan(line)
    assert (planned.version, planned.since, len(planned.changes)) == ("1.1.0", "1.0.0", 2)
    assert [(one.key, one.ticket.status if one.ticket else "") for one in planned.tickets] == [
        ("ABC-2", "To Do"), ("ABC-99", ""),
    ]  # fmt: skip
    assert [one.subject for one in planned.without] == ["tidy up"]
    out = told(planned, capsys).out
    assert "next release: 1.1.0 as v1.1.0" in out
    assert "ABC-2   To Do    Window 2" in out
    assert "ABC-99  unknown" in out


def test_since_what_serves_there(line, capsys):
    planned = plan(line, PLACE)
    assert (planned.since, planned.since_commit) == ("1.0.0", line.world.ledger.state().releases[serving(line)].commit)
    assert "2 commits since 1.0.0, which serves in production" in told(planned, capsys).out


def serving(line):
    return line.world.ledger.state().environments["production"].serving


def test_nothing_serves_yet(line):
    planned = plan(line, replace(PLACE, name="elsewhere", hosts=("keeper:b",)))
    assert planned.notes == ("nothing serves in elsewhere: counted from the last tag",)


def test_a_target_that_is_away_is_said_and_the_ledger_asked(line, capsys):
    line.laptop.memory.target.fail("observe", *[LOST] * 9)
    planned = plan(line, PLACE)
    assert planned.since == "1.0.0"
    assert "going by the ledger" in told(planned, capsys).err


def test_a_tracker_that_is_away_leaves_tickets_unknown_and_is_asked_once(line):
    line.laptop.tracker.fail(AWAY, 9)
    line.laptop.memory.source.commit({"app.py": "9"}, "ABC-11 ABC-12 ABC-13 ABC-14 ABC-15 ABC-16")
    planned = plan(line)
    assert {one.ticket for one in planned.tickets} == {None}
    assert [problem.code for problem in planned.problems] == ["T001"]
    assert len(line.laptop.tracker.calls) == 4
    document = json.loads(json.dumps(render.document(planned)))
    assert {one["status"] for one in document["tickets"]} == {"unknown"}


def test_one_ticket_that_we_may_not_see_is_unknown_alone(line):
    line.laptop.tracker.fail(FORBIDDEN)
    assert [one.ticket is None for one in plan(line).tickets] == [True, True]
    assert [one.ticket is None for one in plan(line).tickets] == [False, True]


def test_what_others_wrote_commands_no_terminal(line, capsys):
    board = line.laptop.tracker.board
    board.tickets["ABC-2"] = replace(board.tickets["ABC-2"], title="red \x1b[31m", status="\x07")
    out = told(plan(line), capsys).out
    assert "red ?[31m" in out
    assert not {"\x1b", "\x07"} & set(out)


def test_without_a_tracker_commits_are_told(line, capsys):
    out = told(plan(line, app=replace(SHOP, tickets=None)), capsys).out
    assert "commits\n" in out
    assert "the manifest names no tracker" in out


def test_nothing_is_new_since_a_release(line, capsys):
    first = line.world.ledger.state().releases[serving(line)].commit
    planned = asyncio.run(next_release(SHOP, None, first, line.world))
    assert told(planned, capsys).out == f"1.0.0 is released ({first[:12]}): nothing is new since\n"
    assert planned.tickets == ()
