"""A holder or a keeper that is too late for what happened meanwhile: nothing comes back after a shut."""

import contextlib
import fcntl
import os
import signal
from pathlib import Path

import pytest

from support.keeper_host import eventually

pytestmark = pytest.mark.fault


def children(pid):
    return {int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def child_of(pid):
    (found,) = [child for child in children(pid) if Path(f"/proc/{child}/cmdline").read_bytes()]
    return found


def holders(host):
    return {pid for pid in host.processes() if host._is_holder(pid)}


def nothing_runs(host):
    assert host.processes() == []


def test_a_keeper_that_a_holder_started_late_does_not_outlive_the_shut(host):
    host.up().take()
    holder = host.holder_pid()
    with (host.home / "keeper.lock").open() as lock:
        killed = host.kill_keeper()
        fcntl.flock(lock, fcntl.LOCK_EX)  # until then the one that the holder starts can't begin
        late = eventually(lambda: child_of(holder), 10, ValueError)
        os.kill(late, signal.SIGSTOP)
    host.start()
    host.reconnect()
    assert host.identity()["pid"] not in {killed, late}
    host.orders.take()
    host.orders("shut")
    with contextlib.suppress(ProcessLookupError):
        os.kill(late, signal.SIGCONT)
    eventually(lambda: nothing_runs(host), 10, AssertionError)


def test_a_holder_that_was_replaced_because_it_was_silent_starts_no_keeper_after_the_shut(host):
    host.up().take()
    host.deploy(host.running("1"), "blue")
    silent = host.holder_pid()
    os.kill(silent, signal.SIGSTOP)
    host.kill_keeper()
    assert host.start().returncode == 0, host.life()
    host.reconnect(30)
    assert host.get() == (200, "1")
    assert len(holders(host)) == 1, "the silent one was ended"
    host.orders.take()
    host.orders("shut")
    eventually(lambda: nothing_runs(host), 10, AssertionError)


def test_a_holder_that_hears_of_the_end_and_of_its_keeper_s_death_at_once_starts_no_keeper(host):
    host.up().take()
    silent = host.holder_pid()
    os.kill(silent, signal.SIGSTOP)
    host.orders("shut")
    keeper = host.identity()["pid"] if (host.home / "keeper.json").exists() else 0
    eventually(lambda: gone(keeper), 30, AssertionError)
    with contextlib.suppress(ProcessLookupError):
        os.kill(silent, signal.SIGCONT)
    eventually(lambda: nothing_runs(host), 10, AssertionError)


def gone(pid):
    assert not pid or not Path(f"/proc/{pid}").exists()
