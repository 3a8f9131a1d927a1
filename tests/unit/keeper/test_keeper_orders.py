"""What a real keeper refuses, and what it answers when an order comes twice."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from support.keeper_host import Orders, RefusedError, eventually, weights
from support.ports import free_port


def refused(orders, name, **args):
    with pytest.raises(RefusedError) as error:
        orders(name, **args)
    return error.value


def test_the_start_command_returns_once_the_keeper_answers_and_keeps_no_descriptor(host):
    with subprocess.Popen(
        host.command("run", "--home", str(host.home), "--daemon"), env=host.env, stdout=subprocess.PIPE
    ) as started:
        assert started.stdout.read() == b""
        assert started.wait(10) == 0
    assert host.orders("hello")["pid"] == host.identity()["pid"]


def test_a_second_start_finds_the_keeper_that_is_there(host):
    host.up()
    first = host.identity()
    assert host.start().returncode == 0
    assert host.identity() == first


def test_an_order_without_a_grant_is_refused(host):
    host.up()
    assert refused(host.orders, "stop", slot="blue").code == "K011"


def test_a_second_deployer_hears_who_holds_the_lease(host):
    host.up().take()
    other = Orders(str(host.home))
    error = refused(other, "take", holder={**other.holder, "id": "other"}, seconds=5)
    assert (error.code, error.evidence["holder"]["command"]) == ("K010", "pytest")
    other.close()


def test_an_older_generation_is_superseded(host):
    host.up().take()
    old = host.orders.grant
    host.orders.take()
    host.orders.grant = old
    assert refused(host.orders, "renew", seconds=5).code == "K011"


def test_a_lease_is_renewed_and_given_back(host):
    host.up().take(5)
    host.orders("renew", seconds=50)
    assert host.orders("observe")["lease"]["left"] > 40
    host.orders("give_back")
    assert host.orders("observe")["lease"] is None


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"v": 1, "id": 1, "order": "dance"}, "K002"),
        ({"v": 9, "id": 1, "order": "hello"}, "K002"),
        ({"v": 1, "id": 1, "order": "take", "args": {}}, "K002"),
        ({"v": 1, "id": 1, "order": "take", "args": {"holder": 5, "seconds": {}}}, "K099"),
    ],
)
def test_a_request_that_makes_no_sense_is_answered(host, request_, code):
    host.up()
    host.orders.raw(json.dumps(request_).encode())
    answer = host.orders.receive()
    assert (answer["ok"], answer["code"]) == (False, code)


@pytest.mark.parametrize("garbage", [b"no json", b"[1]", b"\xff\xfe"])
def test_garbage_ends_the_connection_and_nothing_else(host, garbage):
    host.up()
    other = Orders(str(host.home))
    other.raw(garbage)
    with pytest.raises(ConnectionResetError):
        other.receive()
    other.close()
    assert host.orders("hello")["protocol"] == 1


def test_a_folder_with_a_very_long_name_is_no_obstacle(tmp_path, host):
    host.home = tmp_path / ("long-" * 30)
    host.up()
    assert host.orders("hello")["protocol"] == 1


def test_only_the_owner_can_reach_the_keeper(host):
    host.up()
    assert (host.home / "keeper.sock").stat().st_mode & 0o777 == 0o600


def test_a_taken_port_is_refused_naming_who_has_it(host):
    host.up().take()
    with socket.create_server(("127.0.0.1", host.port)):
        error = refused(host.orders, "start", running=host.running("1"), slot="blue")
    assert error.code == "K020"
    (listens,) = error.evidence["listens"]
    assert listens["pid"] == f"pid {os.getpid()}:"
    assert listens["command"].startswith(sys.executable.rsplit("/", 1)[0])


def test_the_port_of_another_environment_is_taken_though_both_share_ports(host, tmp_path):
    host.up().take()
    host.orders("start", running=host.running("1"), slot="blue")
    other = type(host)(tmp_path / "other")
    other.port = host.port
    other.up().take()
    try:
        error = refused(other.orders, "start", running=other.running("1"), slot="blue")
        assert error.code == "K020"
        assert str(error).endswith(f"port {host.port} is taken by another environment of Écluse, {host.home}")
    finally:
        assert other.end() == []


def test_a_slot_with_traffic_takes_no_other_release(host):
    host.up().take()
    host.deploy(host.running("1"), "blue")
    assert refused(host.orders, "start", running=host.running("2"), slot="blue").code == "K013"


def test_the_same_release_is_started_once(host):
    host.up().take()
    release = host.running("1")
    host.orders("start", running=release, slot="blue")
    before = host.slot("blue")["processes"]
    host.orders("start", running=release, slot="blue")
    assert [process["pid"] for process in host.slot("blue")["processes"]] == [process["pid"] for process in before]


def test_traffic_is_not_sent_to_an_empty_slot(host):
    host.up().take()
    host.orders("start", running=host.running("1"), slot="blue")
    assert refused(host.orders, "route", **weights("green")).code == "K002"


def test_one_deployment_is_open_at_a_time(host):
    host.up().take()
    release = host.running("1")
    host.orders("begin", deployment="d1", running=release, slot="blue")
    host.orders("begin", deployment="d1", running=release, slot="blue")
    assert refused(host.orders, "begin", deployment="d2", running=release, slot="blue").code == "K012"


def test_ends_may_be_ordered_twice_but_not_changed(host):
    host.up().take()
    host.deploy(host.running("1"), "blue", "d1")
    host.orders("commit", deployment="d1", warm_seconds=1)
    assert refused(host.orders, "abort", deployment="d1", why="late").code == "K014"
    host.orders("begin", deployment="d2", running=host.running("2"), slot="green")
    host.orders("abort", deployment="d2", why="changed my mind")
    host.orders("abort", deployment="d2", why="changed my mind")
    assert refused(host.orders, "commit", deployment="d2", warm_seconds=1).code == "K011"
    assert refused(host.orders, "commit", deployment="d3", warm_seconds=1).code == "K002"


def test_an_environment_does_not_move_to_another_port_while_it_serves(host):
    host.up().take()
    host.deploy(host.running("1"), "blue")
    moved = {**host.running("2"), "port": free_port()}
    assert refused(host.orders, "start", running=moved, slot="green").code == "K021"
    assert host.get() == (200, "1")


def test_shut_leaves_nothing(host):
    host.up().take()
    host.deploy(host.running("1", workers=1), "blue")
    host.orders("shut")
    assert host.end() == []
    assert not (host.home / "keeper.sock").exists()
    socket.create_server(("127.0.0.1", host.port)).close()


def test_a_worker_that_does_not_end_by_its_signal_is_killed_and_named(host):
    host.up().take()
    running = host.running("1", workers=1)
    running["processes"][1].update(command=["/bin/sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"], drain=0.3)
    host.deploy(running, "blue")
    pid = next(one["pid"] for one in host.slot("blue")["processes"] if one["name"] == "worker")
    eventually(lambda: ignores(pid, signal.SIGTERM), 10, AssertionError)
    assert host.orders("shut")["killed"] == ["worker"]
    assert host.end() == []


def ignores(pid, number):
    status = Path("/proc/%d/status" % pid).read_text()
    (mask,) = [int(line.split()[1], 16) for line in status.splitlines() if line.startswith("SigIgn:")]
    assert mask >> (number - 1) & 1


def test_a_keeper_that_can_not_start_says_why(host):
    host.home.parent.mkdir(exist_ok=True)
    host.home.write_text("in the way")
    started = host.start()
    host.home.unlink()
    assert started.returncode == 1
    assert "File exists" in started.stderr
