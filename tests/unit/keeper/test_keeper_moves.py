"""The moves of a deployment, ordered from a real keeper that runs real processes."""

import hashlib
import json
import socket
import time
from pathlib import Path

import pytest

from ecluse.wire.archive import zipapp
from support.keeper_host import DIES, WEB, RefusedError, eventually, weights
from support.load import Load, kept_open

STUBBORN = (
    """
import os, signal, subprocess, sys
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN)
for own_session in (False, True):
    subprocess.Popen(["sleep", "600"], start_new_session=own_session)
"""
    + WEB
)

SHOWS = """
import json, os, resource, time
print(json.dumps({"environment": dict(os.environ), "files": resource.getrlimit(resource.RLIMIT_NOFILE)}), flush=True)
time.sleep(600)
"""

DIES_LATER = (
    """
import os, threading, time
flag = os.path.join(os.environ["ECLUSE_STATE"], "..", "die")
def watch():
    while not os.path.exists(flag):
        time.sleep(0.05)
    os._exit(4)
threading.Thread(target=watch, daemon=True).start()
"""
    + WEB
)


def environ(pid):
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


def pack(path):
    """The keeper as one file."""
    path.write_bytes(
        zipapp("ecluse.keeper", ["ecluse.keeper", "ecluse.keeper.services", "ecluse.serving", "ecluse.wire"])
    )
    return path


def test_a_release_is_started_asked_in_private_routed_and_committed(host):
    host.up().take()
    release = host.running("1")
    host.orders("begin", deployment="d1", running=release, slot="blue")
    host.orders("start", running=release, slot="blue")
    host.healthy("blue", "1")
    assert host.get() == (503, "no release serves here\n")
    host.orders("route", **weights("blue"))
    assert host.get() == (200, "1")
    host.orders("commit", deployment="d1", warm_seconds=60)
    seen = host.orders("observe")
    assert (seen["serving"], seen["routing"], seen["open"]) == ("blue", "kernel", None)
    assert [ended["outcome"] for ended in seen["finished"]] == ["committed"]


def test_the_next_release_takes_over_in_the_other_slot_and_the_old_one_stays_warm(host):
    host.up().take()
    host.deploy(host.running("1"), "blue")
    host.deploy(host.running("2"), "green")
    assert host.get() == (200, "2")
    blue = host.slot("blue")
    assert (blue["state"], blue["weight"]) == ("lame", 0)
    assert blue["warm_until"] > host.orders("observe")["at"] + 50
    host.healthy("blue", "1")


def test_swaps_lose_no_request_and_the_old_release_gets_no_new_connection(host):
    host.up().take()
    host.deploy(host.running("0"), "blue")
    with Load(host.port) as load:
        for number in range(1, 7):
            host.deploy(host.running(str(number)), ("blue", "green")[number % 2], warm=0)
            assert host.get() == (200, str(number))
    assert load.failed == []
    assert set(load.served) <= set("0123456")


def test_weights_share_new_connections_between_the_slots(host):
    host.up().take()
    host.deploy(host.running("1"), "blue")
    host.orders("begin", deployment="d2", running=host.running("2"), slot="green")
    host.orders("start", running=host.running("2"), slot="green")
    host.healthy("green", "2")
    host.orders("route", blue=50, green=50)
    served = [host.get()[1] for _ in range(200)]
    assert 60 < served.count("2") < 140
    assert {host.healthy("blue", "1")["status"], host.healthy("green", "2")["status"]} == {200}


def test_an_abort_brings_the_traffic_back_and_empties_the_new_slot(host):
    host.up().take()
    host.deploy(host.running("1", workers=1), "blue")
    release = host.running("2", workers=1)
    with Load(host.port, 4) as load:
        host.orders("begin", deployment="d2", running=release, slot="green")
        host.orders("start", running=release, slot="green")
        host.healthy("green", "2")
        host.orders("route", **weights("green"))
        assert host.get() == (200, "2")
        host.orders("abort", deployment="d2", why="the watch said no")
        assert host.get() == (200, "1")
    assert load.failed == []
    assert host.slot("green")["state"] == "empty"
    assert (host.slot("blue")["state"], host.slot("blue")["weight"]) == ("running", 100)
    assert host.orders("observe")["finished"][-1]["why"] == "the watch said no"


def test_an_aborted_first_deployment_gives_the_port_back(host):
    host.up().take()
    release = host.running("1")
    host.orders("begin", deployment="d1", running=release, slot="blue")
    host.orders("start", running=release, slot="blue")
    host.orders("abort", deployment="d1", why="no")
    assert host.orders("observe")["url"] == ""
    socket.create_server(("127.0.0.1", host.port)).close()


def test_a_vanished_deployer_is_undone_when_its_lease_runs_out(host):
    host.up().take()
    host.deploy(host.running("1"), "blue")
    host.orders.take(1)
    release = host.running("2")
    host.orders("begin", deployment="d2", running=release, slot="green")
    host.orders("start", running=release, slot="green")
    host.orders("route", **weights("green"))

    def undone():
        assert host.orders("observe")["open"] is None

    eventually(undone, 10, AssertionError)
    assert host.get() == (200, "1")
    assert host.slot("green")["state"] == "empty"
    assert "lease" in host.orders("observe")["finished"][-1]["why"]


def test_without_a_place_to_go_back_to_what_serves_stays(host):
    host.up().take()
    host.deploy(host.running("1"), "blue")
    host.orders("stop", slot="blue")
    host.deploy(host.running("1", web=DIES_LATER), "blue", "d1b")
    release = host.running("2")
    host.orders("begin", deployment="d2", running=release, slot="green")
    host.orders("start", running=release, slot="green")
    host.healthy("green", "2")
    host.orders("route", **weights("green"))
    (host.home / "die").touch()

    def down():
        assert host.slot("blue")["state"] != "lame"

    eventually(down, 10, AssertionError)
    assert "blue isn't fit to serve" in host.orders("abort", deployment="d2", why="no")["kept"]
    assert host.get() == (200, "2")
    seen = host.orders("observe")
    assert "blue isn't fit to serve" in seen["warnings"][0]
    assert seen["open"] is None


def test_where_neither_is_up_it_goes_back(host):
    host.up().take()
    host.deploy(host.running("1", web=DIES_LATER), "blue")
    release = host.running("2", web=DIES_LATER)
    host.orders("begin", deployment="d2", running=release, slot="green")
    host.orders("start", running=release, slot="green")
    host.healthy("green", "2")
    host.orders("route", blue=90, green=10)
    (host.home / "die").touch()

    def down():
        assert {host.slot(name)["state"] for name in ("blue", "green")} == {"starting"}

    eventually(down, 10, AssertionError)
    assert host.orders("abort", deployment="d2", why="no")["kept"] == ""
    seen = host.orders("observe")
    assert (seen["serving"], seen["slots"][1]["state"], seen["finished"][-1]["outcome"]) == (
        "blue",
        "empty",
        "reverted",
    )


def test_a_warm_release_comes_back_with_its_background_workers(host):
    host.up().take()
    first, second = host.running("1", workers=2), host.running("2", workers=1)
    host.deploy(first, "blue")
    host.deploy(second, "green")

    def only_the_web_process_is_left():
        states = {process["name"]: process["state"] for process in host.slot("blue")["processes"]}
        assert states == {"web": "running", "worker.1": "exited", "worker.2": "exited"}

    eventually(only_the_web_process_is_left, 10, AssertionError)
    assert host.slot("blue")["state"] == "lame"
    host.deploy(first, "blue", "back")
    assert host.get() == (200, "1")
    assert {process["state"] for process in host.slot("blue")["processes"]} == {"running"}
    assert host.slot("blue")["state"] == "running"


def test_a_commit_does_not_wait_for_old_workers_and_they_come_back_when_wanted_again(host):
    host.up().take()
    first = host.running("1", workers=1, drain=3)
    first["processes"][1]["command"] = ["sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"]
    host.deploy(first, "blue")
    began = time.monotonic()
    host.deploy(host.running("2", workers=1), "green")
    assert [process["state"] for process in host.slot("blue")["processes"]] == ["running", "ending"]
    host.orders("begin", deployment="back", running=first, slot="blue")
    host.orders("start", running=first, slot="blue")
    assert [process["state"] for process in host.slot("blue")["processes"]] == ["running", "running"]
    assert time.monotonic() - began < 3

    def replaced():
        worker = host.slot("blue")["processes"][1]
        assert (worker["state"], worker["last_exit"], worker["restarts"]) == ("running", "SIGKILL", 0)

    eventually(replaced, 10, AssertionError)


def test_a_slot_is_emptied_when_its_warm_time_is_over(host):
    host.up().take()
    host.deploy(host.running("1"), "blue")
    host.deploy(host.running("2"), "green", warm=0.5)

    def empty():
        assert host.slot("blue")["state"] == "empty"

    eventually(empty, 5, AssertionError)


def test_a_stop_waits_for_open_connections_no_longer_than_the_budget(host):
    host.up().take()
    host.deploy(host.running("1", drain=1), "blue")
    with kept_open(host.port):
        began = time.monotonic()
        host.orders("stop", slot="blue")
        assert 1 <= time.monotonic() - began < 4
    assert host.slot("blue")["state"] == "empty"


def test_a_worker_that_ignores_its_signal_is_killed_with_all_its_children(host):
    host.up().take()
    host.deploy(host.running("1", web=STUBBORN, drain=0.5), "blue")
    host.orders("stop", slot="blue")
    assert "had to be killed" in host.orders("observe")["warnings"][0]
    assert not [pid for pid in host.processes() if b"ECLUSE_SLOT" in environ(pid)]


def test_a_release_that_exits_at_once_has_failed_with_its_last_lines(host):
    host.up().take()
    host.deploy(host.running("1"), "blue")
    host.orders("start", running=host.running("2", web=DIES), slot="green")

    def failed():
        seen = host.slot("green")
        assert seen["state"] == "failed"
        return seen

    (web,) = eventually(failed, 10, AssertionError)["processes"]
    assert (web["state"], web["last_exit"], web["log_tail"][-1]) == ("exited", "exit 3", "boom")
    assert host.get() == (200, "1")
    host.orders("start", running=host.running("2"), slot="green")
    host.healthy("green", "2")


def test_a_command_that_is_not_there_can_not_be_started(host):
    host.up().take()
    release = host.running("1")
    release["processes"][0]["command"] = ["./nothing-here"]
    with pytest.raises(RefusedError, match="nothing-here") as error:
        host.orders("start", running=release, slot="blue")
    assert error.value.code == "K041"
    assert host.slot("blue")["state"] == "failed"


def test_a_server_that_only_knows_its_port_stands_behind_a_relay(host):
    host.up().take()
    host.deploy(host.running("1", listen="port", count=2), "blue")
    with Load(host.port, 4) as load:
        host.deploy(host.running("2", listen="port"), "green")
    assert load.failed == []
    assert host.get() == (200, "2")
    assert "relay" in host.slot("green")["guarantees"]
    assert {process["name"] for process in host.slot("blue")["processes"]} == {"web.1", "web.2", "web.relay"}


def test_a_process_sees_its_environment_and_limits_and_nothing_else(host):
    host.env["STRAY"] = "from the caller"
    host.up().take()
    release = host.running(
        "1",
        web=SHOWS,
        env={"WHERE": "{state}/x", "JSON": '{"a": 1}'},
        secrets={"TOKEN": "s3cret"},
        limits={"open_files": 77, "memory": None},
    )
    host.orders("start", running=release, slot="blue")

    def shown():
        lines = host.slot("blue")["processes"][0]["log_tail"]
        assert lines
        return json.loads(lines[0])

    seen = eventually(shown, 10, AssertionError)
    environment = seen["environment"]
    assert environment["WHERE"] == f"{host.home}/state/x"
    assert (environment["JSON"], environment["TOKEN"], environment["LISTEN_FDS"]) == ('{"a": 1}', "s3cret", "1")
    assert (environment["PORT"], environment["ECLUSE_SLOT"]) == (str(host.port), "blue")
    assert "STRAY" not in environment
    assert seen["files"] == [77, 77]
    assert "s3cret" not in "".join(path.read_text() for path in host.home.glob("**/*.json"))


def test_the_keeper_is_replaced_by_another_program_without_losing_a_request(host, tmp_path):
    host.up().take()
    host.deploy(host.running("1", workers=1), "blue")
    before = [process["pid"] for process in host.slot("blue")["processes"]]
    keeper = host.identity()["pid"]
    packed = pack(tmp_path / "keeper.pyz")
    with Load(host.port) as load:
        with pytest.raises(ConnectionResetError):
            host.orders("upgrade", path=str(packed))
        host.reconnect()
        digest = hashlib.sha256(packed.read_bytes()).hexdigest()
        assert host.orders("hello")["keeper"] == digest
        assert host.orders("upgrade", path=str(packed)) == {"version": digest}
        assert host.identity()["pid"] == keeper
        assert [process["pid"] for process in host.slot("blue")["processes"]] == before
        host.deploy(host.running("2"), "green")
    assert load.failed == []


def test_a_program_that_is_no_keeper_does_not_replace_it(host, tmp_path):
    host.up().take()
    broken = tmp_path / "broken.pyz"
    broken.write_text("raise SystemExit('broken')")
    with pytest.raises(RefusedError, match="broken"):
        host.orders("upgrade", path=str(broken))
    assert host.orders("hello")["keeper"] == "folder"


def test_a_journal_that_is_garbage_is_said_and_what_serves_goes_on(host):
    host.up().take()
    host.deploy(host.running("1"), "blue")
    host.orders("begin", deployment="d2", running=host.running("2"), slot="green")
    host.orders("start", running=host.running("2"), slot="green")
    for path in host.home.glob("journal.json*"):
        path.write_bytes(b"\0" * 40)
    killed = host.kill_keeper()

    def settled():
        assert host.identity()["pid"] != killed
        assert host.reconnect()("observe")["slots"][1]["state"] == "empty"

    eventually(settled, 10, AssertionError, OSError)
    assert host.get() == (200, "1")
    assert "journal" in " ".join(host.orders("observe")["warnings"])
