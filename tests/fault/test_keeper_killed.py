"""SIGKILL of the keeper, of the holder, of both and of workers, under load that never repeats a request."""

import os
import shutil
import signal
import socket
from pathlib import Path

import pytest

from support.keeper_host import WEB, eventually
from support.load import Load

pytestmark = pytest.mark.fault

UNDUMPABLE = "import ctypes; ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)\n" + WEB


def pids(host, slot):
    return {process["name"]: process["pid"] for process in host.slot(slot)["processes"]}


def another_keeper(host, than):
    def look():
        assert host.identity()["pid"] != than
        return host.reconnect()

    return eventually(look, 10, AssertionError)


def test_a_killed_keeper_comes_back_by_itself_and_no_request_is_lost(host):
    host.up().take()
    host.deploy(host.running("1", workers=1), "blue")
    before = pids(host, "blue")
    with Load(host.port) as load:
        killed = host.kill_keeper()
        another_keeper(host, killed)
        seen = host.orders("observe")
        assert (seen["serving"], seen["slots"][0]["weight"], seen["slots"][0]["state"]) == ("blue", 100, "running")
        assert pids(host, "blue") == before
        host.deploy(host.running("2"), "green")
        eventually(lambda: load.served["2"], 10, KeyError)
    assert load.failed == []
    assert set(load.served) == {"1", "2"}
    assert host.get() == (200, "2")


def test_a_keeper_that_is_told_to_end_leaves_everything_running(host):
    host.up().take()
    host.deploy(host.running("1"), "blue")
    before = pids(host, "blue")
    told = host.identity()["pid"]
    os.kill(told, signal.SIGTERM)
    another_keeper(host, told)
    assert pids(host, "blue") == before
    assert host.get() == (200, "1")


def test_with_keeper_and_holder_killed_the_next_start_takes_the_sockets_from_a_worker(host):
    host.up().take()
    host.deploy(host.running("1"), "blue")
    host.deploy(host.running("2"), "green")
    before = pids(host, "green")
    with Load(host.port) as load:
        os.kill(host.holder_pid(), signal.SIGSTOP)
        killed = host.kill_keeper()
        os.kill(host.holder_pid(), signal.SIGKILL)
        assert host.get() == (200, "2")
        assert host.start().returncode == 0, host.life()
        another_keeper(host, killed)
        assert pids(host, "green") == before
        host.deploy(host.running("3"), "blue")
    assert load.failed == []
    assert host.orders("observe")["warnings"] == []
    assert host.get() == (200, "3")


def without_ptrace(host):
    """Root may look into any process; without this capability the kernel refuses as Yama does."""
    plain = host.command
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("no setpriv on this machine")
        host.command = lambda *words: ["setpriv", "--bounding-set=-sys_ptrace", *plain(*words)]
    return host


def test_without_a_holder_what_may_not_be_looked_into_is_started_again_on_new_sockets(host):
    without_ptrace(host).up().take()
    host.deploy(host.running("1", web=UNDUMPABLE), "blue")
    before = pids(host, "blue")
    os.kill(host.holder_pid(), signal.SIGSTOP)
    killed = host.kill_keeper()
    os.kill(host.holder_pid(), signal.SIGKILL)
    assert host.get() == (200, "1")
    assert host.start().returncode == 0, host.life()
    another_keeper(host, killed)
    host.healthy("blue", "1")
    assert host.get() == (200, "1")
    assert pids(host, "blue") != before
    assert "could not be taken over" in host.orders("observe")["warnings"][0]


def test_workers_that_may_not_be_looked_into_are_adopted_by_way_of_the_holder(host):
    without_ptrace(host).up().take()
    host.deploy(host.running("1", web=UNDUMPABLE), "blue")
    before = pids(host, "blue")
    with Load(host.port) as load:
        another_keeper(host, host.kill_keeper())
        assert pids(host, "blue") == before
        host.deploy(host.running("2", web=UNDUMPABLE), "green")
    assert load.failed == []
    assert host.orders("observe")["warnings"] == []


def test_a_killed_holder_is_replaced_and_the_new_one_guards_the_keeper(host):
    host.up().take()
    host.deploy(host.running("1"), "blue")
    with Load(host.port) as load:
        old = host.holder_pid()
        os.kill(old, signal.SIGKILL)

        def replaced():
            assert host.holder_pid() != old

        eventually(replaced, 5, AssertionError, StopIteration)
        another_keeper(host, host.kill_keeper())
        host.deploy(host.running("2"), "green")
    assert load.failed == []


def test_a_killed_worker_is_started_again_while_its_clients_wait(host):
    host.up().take()
    host.deploy(host.running("1"), "blue")
    old = pids(host, "blue")["web"]
    os.kill(old, signal.SIGKILL)
    assert host.get() == (200, "1")
    (web,) = host.slot("blue")["processes"]
    assert (web["restarts"], web["last_exit"]) == (1, "SIGKILL")
    assert web["pid"] != old


def test_a_worker_that_died_without_a_keeper_is_started_again_by_the_next(host):
    host.up().take()
    host.deploy(host.running("1"), "blue")
    holder, web = host.holder_pid(), pids(host, "blue")["web"]
    os.kill(holder, signal.SIGSTOP)
    killed = host.kill_keeper()
    os.kill(web, signal.SIGKILL)
    os.kill(holder, signal.SIGCONT)
    another_keeper(host, killed)
    assert host.get() == (200, "1")
    (seen,) = host.slot("blue")["processes"]
    assert (seen["restarts"], seen["last_exit"]) == (1, "unknown")


def somebody_else_on(port):
    """Takes the port as soon as those that were killed have left it."""
    return eventually(lambda: socket.create_server(("127.0.0.1", port)), 5, OSError)


def nothing_runs(host):
    assert host.processes() == []


def kill_everything(host):
    """First those who would start each other again: what is stopped starts nothing."""
    guards = [host.holder_pid(), host.identity()["pid"]]
    for pid in guards:
        os.kill(pid, signal.SIGSTOP)
    for pid in [*guards, *(pid for pid in host.processes() if pid not in guards)]:
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: nothing_runs(host), 10, AssertionError)


def test_after_everything_was_killed_the_serving_release_comes_back(host):
    """As after a reboot: no process, no socket, only the records."""
    host.up().take()
    host.deploy(host.running("1"), "blue")
    host.deploy(host.running("2"), "green")
    kill_everything(host)
    assert host.start().returncode == 0, host.life()
    host.reconnect()
    host.healthy("green", "2")
    assert host.get() == (200, "2")


def test_a_port_taken_meanwhile_delays_the_comeback_and_does_not_prevent_it(host):
    host.up().take()
    host.deploy(host.running("1"), "blue")
    kill_everything(host)
    with somebody_else_on(host.port):
        assert host.start().returncode == 0, host.life()
        host.reconnect()
        (warning,) = host.orders("observe")["warnings"]
        assert f"can't be started again yet: port {host.port} is taken by pid {os.getpid()}" in warning
    host.healthy("blue", "1")
    assert host.get() == (200, "1")
    assert host.orders("observe")["warnings"] == []


def test_what_was_stopped_while_its_port_was_taken_does_not_come_back(host):
    host.up().take()
    host.deploy(host.running("1"), "blue")
    kill_everything(host)
    with somebody_else_on(host.port):
        assert host.start().returncode == 0, host.life()
        host.reconnect()
        host.orders.take()
        host.orders("shut")
    eventually(lambda: nothing_runs(host), 10, AssertionError)
    assert host.start().returncode == 0, host.life()
    host.reconnect()
    assert [slot["state"] for slot in host.orders("observe")["slots"]] == ["empty", "empty"]


@pytest.mark.parametrize("point", ["begin.after", "start.before", "start.after", "route.before", "route.after"])
def test_a_keeper_killed_inside_a_deployment_undoes_it_when_the_lease_runs_out(host, point, tmp_path):
    witness = tmp_path / "reached"
    host.env["ECLUSE_FAULT"] = ""
    host.up().take()
    host.deploy(host.running("1"), "blue")
    host.orders.take(1)
    with Load(host.port, 4) as load:
        host.env["ECLUSE_FAULT"] = f"{point}:kill:{witness}"
        restart_with_fault(host)
        host.orders.take(2)
        with pytest.raises((ConnectionError, OSError)):
            host.deploy(host.running("2"), "green")

        def undone():
            seen = host.reconnect()("observe")
            assert seen["open"] is None
            assert [ended["outcome"] for ended in seen["finished"]][-1] == "reverted"
            assert seen["slots"][1]["state"] == "empty"
            return seen

        seen = eventually(undone, 15, AssertionError, OSError)
        assert witness.read_text() == point
        assert seen["serving"] == "blue"
        assert host.get() == (200, "1")
    assert load.failed == []


def ended(pid):
    try:
        assert Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return


@pytest.mark.parametrize("point", ["commit.before", "close.before", "close.after"])
def test_a_keeper_killed_at_the_commit_either_undoes_or_finishes_it(host, point, tmp_path):
    witness = tmp_path / "reached"
    host.up().take()
    host.deploy(host.running("1", workers=1), "blue")
    with Load(host.port, 4) as load:
        host.env["ECLUSE_FAULT"] = f"{point}:kill:{witness}"
        restart_with_fault(host)
        host.orders.take(2)
        with pytest.raises((ConnectionError, OSError)):
            host.deploy(host.running("2", workers=1), "green")
        expected = "2" if point == "close.after" else "1"

        def settled():
            seen = host.reconnect()("observe")
            assert seen["open"] is None
            serving = next(slot for slot in seen["slots"] if slot["slot"] == seen["serving"])
            assert serving["version"] == expected
            return seen

        seen = eventually(settled, 15, AssertionError, OSError)
        assert host.get() == (200, expected)
    assert load.failed == []
    assert seen["finished"][-1]["outcome"] == ("committed" if expected == "2" else "reverted")
    if expected == "2":
        assert seen["slots"][0]["warm_until"] > seen["at"] + 30


FINISHES = """
import signal, sys, time
def finish(*_):
    print("finishing", flush=True)
    time.sleep(2)
    print("done", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, finish)
print("working", flush=True)
while True:
    time.sleep(0.1)
"""


def test_the_old_release_s_workers_finish_once_though_the_keeper_is_killed_meanwhile(host):
    host.up().take()
    first = host.running("1", workers=1)
    (host.home / "releases/r-1/tree/worker.py").write_text(FINISHES)
    host.deploy(first, "blue")
    told = host.slot("blue")["processes"]
    eventually(lambda: saw(host, "working"), 10, AssertionError)
    host.deploy(host.running("2", workers=1), "green")
    eventually(lambda: saw(host, "finishing"), 10, AssertionError)
    another_keeper(host, host.kill_keeper())

    def ended():
        web, worker = host.slot("blue")["processes"]
        assert (web["state"], worker["state"]) == ("running", "exited")
        return worker

    worker = eventually(ended, 10, AssertionError)
    assert worker["log_tail"] == ["done"], "what it printed since, and no second `finishing`"
    assert (worker["restarts"], pids(host, "blue")["web"]) == (0, told[0]["pid"])


def saw(host, text):
    assert text in host.slot("blue")["processes"][1]["log_tail"]


def restart_with_fault(host):
    """A keeper reads the hook from its environment, so it must be another one."""
    os.kill(host.holder_pid(), signal.SIGKILL)
    old = host.kill_keeper()

    eventually(lambda: ended(old), 5, AssertionError)
    holders = [pid for pid in host.processes() if host._is_holder(pid)]
    for pid in holders:
        os.kill(pid, signal.SIGKILL)
    assert host.start().returncode == 0, host.life()
    host.reconnect()
