"""What a person sees while it happens."""

import io
import re

import pytest
from rich.console import Console

from ecluse.providers.terminal.reporter import LiveReporter, PlainReporter
from ecluse.testing.clock import FakeClock

SHOW_CURSOR, HIDE_CURSOR = "\x1b[?25h", "\x1b[?25l"


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def out():
    return io.StringIO()


@pytest.fixture
def live(out, clock):
    terminal = Console(file=out, force_terminal=True, width=60, color_system=None, _environ={"TERM": "xterm"})
    reporter = LiveReporter(lambda: terminal, clock)
    yield reporter
    reporter.close()


def test_a_log_gets_few_lines_of_a_wait(out, clock):
    reporter = PlainReporter(out, clock)
    reporter.began("gate")
    for second in range(10):
        reporter.waits("gate", f"GET /up: status 500; {second} s of 30 s")
        clock.advance(1)
    assert out.getvalue().splitlines() == [
        "… gate", *(f"  gate | GET /up: status 500; {second} s of 30 s" for second in (3, 6, 9)),
    ]  # fmt: skip


def test_a_terminal_shows_how_a_wait_stands(live, out):
    live.waits("gate", "GET /up: status 500; 1 s of 30 s")
    assert "status 500; 1 s of 30 s" in out.getvalue()


def test_plain_lines_name_the_step_that_printed_them(out, clock):
    reporter = PlainReporter(out, clock)
    reporter.began("test")
    reporter.line("test", "3 passed")
    clock.advance(2)
    reporter.ended("test", ok=True, detail="3 tests")
    reporter.note("that was it")
    reporter.ended("release", ok=False)
    assert out.getvalue().splitlines() == [
        "… test", "  test | 3 passed", "✓ test 2.0s 3 tests", "  that was it", "✗ release",
    ]  # fmt: skip


def test_what_ended_stays_and_what_runs_is_shown_with_its_newest_line(live, out):
    live.began("lint")
    live.began("test")
    live.line("test", "collecting")
    live.line("test", "[red]1 of 3[/red] \x1b[31m…")
    live.ended("lint", ok=True, detail="[no markup]")
    above, below = out.getvalue().rsplit("✓ lint 0.0s [no markup]", 1)
    assert "lint" in above
    assert "lint" not in below
    assert "test" in below
    assert "[red]1 of 3[/red] [31m…" in below


def test_a_line_wider_than_the_terminal_is_cut(live, out):
    live.began("test")
    live.line("test", "x" * 500)
    live.close()
    assert "x" * 60 not in out.getvalue()


def test_a_row_leaves_room_for_what_the_terminal_shows_of_an_interrupt(live, out):
    """`^C` in the last column would begin a new line, and leave the row above it for ever."""
    live.began("test")
    live.line("test", "x" * 500)
    rows = re.findall(r"\x1b\[2K([^\r\n]*)", out.getvalue())
    shown = [re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", row) for row in rows]
    assert 50 < max(map(len, shown)) <= 60 - len("^C")


def test_what_is_printed_after_the_end_opens_no_display_again(live, out):
    live.began("test")
    live.close()
    closed = out.getvalue()
    live.line("test", "a thread that goes on")
    live.began("undo")
    assert out.getvalue() == closed
    live.ended("undo", ok=True)
    assert out.getvalue().endswith("✓ undo 0.0s\n")


@pytest.mark.parametrize("ends", ["ended", "closed"])
def test_the_terminal_is_given_back(live, out, ends):
    live.began("test")
    assert HIDE_CURSOR in out.getvalue()
    live.ended("test", ok=True) if ends == "ended" else live.close()
    assert out.getvalue().rindex(SHOW_CURSOR) > out.getvalue().rindex(HIDE_CURSOR)


def test_output_of_what_never_began_is_shown_until_something_else_is_told(live, out):
    live.line("environment", "installing")
    assert "installing" in out.getvalue()
    live.note("a fact")
    assert out.getvalue().endswith("  a fact\n")
    assert out.getvalue().rindex(SHOW_CURSOR) > out.getvalue().rindex(HIDE_CURSOR)
