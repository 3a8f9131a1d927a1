"""A line of `ecluse logs`."""

from dataclasses import replace
from datetime import UTC, datetime

import click

from ecluse.cli import logs
from ecluse.model.slot import Slot
from ecluse.ports.target import LogLine

LINE = LogLine(
    at=datetime(2030, 1, 1, 12, tzinfo=UTC), slot=Slot.BLUE, release="r-1", process="web", pid=7, stream="stdout",
    text="hello",
)  # fmt: skip


def text(*arguments):
    return click.unstyle(logs.text(*arguments))


def test_it_says_which_version_printed_it():
    at = f"{LINE.at.astimezone():%H:%M:%S}"
    assert [text(LINE, "1.4.0"), text(LINE, "1.4.0", "a ")] == [f"{at} 1.4.0 web hello", f"{at} a 1.4.0 web hello"]
    assert text(LINE, "") == f"{at} blue web hello"
    assert text(replace(LINE, slot=None, process="db"), "") == f"{at} db hello"


def test_it_says_whose_lines_were_chosen():
    assert logs.whose("1.4.0", None) == "lines of 1.4.0, which serves (--release all: those of every release)"
    assert logs.whose("1.4.0", "green").startswith("lines of 1.4.0, which is in green")
