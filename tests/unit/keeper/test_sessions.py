"""What people run: fetched once with a ticket, ended with the lease or not, and their release stays meanwhile."""

import contextlib
import os
import signal
import subprocess
import sys

import pytest

from ecluse.keeper import strays
from ecluse.keeper.places import Home
from ecluse.keeper.sessions import Sessions
from ecluse.wire.codes import OrderError

RUNNING = {
    "release": {"id": "r-1", "version": "1.0.0", "commit": "c" * 40},
    "app": "shop",
    "environment": "local",
    "secrets": {"TOKEN": "hush"},
}


@pytest.fixture
def sessions(tmp_path):
    return Sessions(Home(str(tmp_path)))


@pytest.fixture
def begun():
    """Makes processes that live until they are ended."""
    made = []

    def begin():
        made.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True))
        return made[-1]

    yield begin
    for process in made:
        process.kill()
        process.wait()


def test_a_ticket_is_good_once(sessions):
    ticket = sessions.offer(RUNNING, ["sh", "{state}"], bound=True)
    found = sessions.claim(ticket, os.getpid())
    assert found["words"][1].endswith("/state")
    assert found["environment"]["TOKEN"] == "hush"
    with pytest.raises(OrderError, match="K002"):
        sessions.claim(ticket, os.getpid())


def test_a_program_that_is_not_there_is_told_before_anything_is_run(sessions):
    with pytest.raises(OrderError, match="K041: can't start nosuch"):
        sessions.offer(RUNNING, ["nosuch"], bound=True)


def test_what_is_bound_ends_with_the_lease_and_the_rest_with_the_environment(sessions, begun):
    held, free = begun(), begun()
    sessions.claim(sessions.offer(RUNNING, ["sh"], bound=True), held.pid)
    sessions.claim(sessions.offer(RUNNING, ["sh"], bound=False), free.pid)
    sessions.end(bound=True)
    assert (held.wait(10), free.poll()) == (-signal.SIGKILL, None)
    assert sessions.releases() == {"r-1"}
    sessions.end()
    assert free.wait(10) == -signal.SIGKILL
    assert sessions.releases() == set()


@pytest.fixture
def typed(sessions):
    """A command that somebody runs, with a child; ended at last."""
    made = []

    def run(bound):
        found = sessions.claim(sessions.offer(RUNNING, ["sh"], bound=bound), os.getpid())
        words = ["/bin/sh", "-c", "sleep 600 & echo begun; wait"]
        made.append(subprocess.Popen(words, env=found["environment"], start_new_session=True, stdout=subprocess.PIPE))
        assert made[-1].stdout.readline() == b"begun\n"
        return made[-1]

    yield run
    for process in made:
        process.stdout.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_a_keeper_that_takes_over_knows_what_runs(tmp_path, typed):
    shell, leased = typed(False), typed(True)
    after = Sessions(Home(str(tmp_path)))
    after.adopt()
    assert (set(after.pids()), after.releases()) == ({shell.pid, leased.pid}, {"r-1"})
    assert strays.end(Home(str(tmp_path)), after.pids()) == []
    after.end(bound=True)
    assert (leased.wait(5), shell.poll()) == (-signal.SIGKILL, None)


def test_what_others_run_is_none_of_it(tmp_path, typed):
    typed(False)
    other = Sessions(Home(str(tmp_path / "other")))
    other.adopt()
    assert other.pids() == []


def test_a_release_stays_from_the_offer_on(sessions):
    ticket = sessions.offer(RUNNING, ["sh"], bound=True)
    assert sessions.releases() == {"r-1"}
    sessions.end(bound=True)
    with pytest.raises(OrderError):
        sessions.claim(ticket, os.getpid())
    assert sessions.releases() == set()
