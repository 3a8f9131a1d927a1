"""Runs that were killed are told by the next, at whatever moment it was."""

import asyncio
import subprocess
import sys
from dataclasses import replace

import pytest

from ecluse.loop.test.under_way import under_way
from ecluse.loop.test.verb import StepsOrder, run_order
from ecluse.model.events.runs import RunEnded, RunStarted

KILLED = """
import os, signal, sys
from pathlib import Path
from types import SimpleNamespace
from ecluse.loop.test.under_way import under_way
from ecluse.model.events.runs import RunStarted
world = SimpleNamespace(home=Path(sys.argv[1]), ledger=SimpleNamespace(append=lambda *events: events))
with under_way(world, RunStarted(run="run-killed", verb="test")):
    print("there", flush=True)
    sys.stdin.read() if sys.argv[2] == "lives" else os.kill(os.getpid(), signal.SIGKILL)
"""


def other(world, how):
    return subprocess.Popen(
        [sys.executable, "-c", KILLED, str(world.home), how], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def ends(world):
    return [(event.run, event.outcome) for record in world.ledger.events()
            if isinstance(event := record.event, RunEnded)]  # fmt: skip


def again(world):
    with under_way(world, RunStarted(run="run-next", verb="test")):
        return ends(world)


def test_a_run_that_was_killed_is_told_once_by_the_next(world):
    with other(world, "is killed") as killed:
        killed.communicate()
    assert again(world) == [("run-killed", "killed")]
    assert again(world) == [("run-killed", "killed")]
    assert list((world.home / "runs").iterdir()) == []


def test_a_run_that_lives_is_left_alone(world):
    with other(world, "lives") as living:
        living.stdout.readline()
        assert again(world) == []
        living.communicate()
    assert again(world) == []


def test_where_nothing_is_recorded_the_mark_stays_for_who_records(world):
    with other(world, "is killed") as killed:
        killed.communicate()
    again(replace(world, ledger=type("Silent", (), {"append": lambda *_: (), "events": lambda _: ()})()))
    assert again(world) == [("run-killed", "killed")]


def test_a_run_is_marked_from_before_its_first_event_until_after_its_last(world, commit, make):
    at, marked = commit({"a": ""}), []

    class Watched:
        def __getattr__(self, name):
            return getattr(world.ledger, name)

        def append(self, *events):
            marked.append([path.name for path in (world.home / "runs").iterdir()])
            return world.ledger.append(*events)

    done = asyncio.run(
        run_order(StepsOrder(verb="test", names=("a",), commit=at), make.app(make.step("a", "true")),
                  replace(world, ledger=Watched()))
    )  # fmt: skip
    assert len(marked) >= 2
    assert {tuple(names) for names in marked} == {(done.run,)}
    assert list((world.home / "runs").iterdir()) == []


@pytest.mark.parametrize("spoil", [lambda home: (home / "runs").write_text("no folder")])
def test_a_mark_that_cannot_be_made_stops_no_run(world, spoil):
    world.home.mkdir(exist_ok=True)
    spoil(world.home)
    assert again(world) == []
