"""A keeper whose environment has no web process, or in which nothing runs."""

import socket
import time

import pytest

from support.keeper_host import WORKER, eventually, process


def workers_only(host, version):
    running = host.running(version)
    tree = host.home / "releases" / running["release"]["id"] / "tree"
    (tree / "worker.py").write_text(WORKER)
    command = running["processes"][0]["command"][0]
    return {**running, "processes": [process("worker", [command, "worker.py"])]}


def deploy(host, running, slot):
    orders, deployment = host.orders, "d-" + running["release"]["version"]
    orders("begin", deployment=deployment, running=running, slot=slot)
    orders("start", running=running, slot=slot)
    orders("route", blue=100 * (slot == "blue"), green=100 * (slot == "green"))
    orders("commit", deployment=deployment, warm_seconds=0)


def test_an_environment_without_a_web_process_takes_no_port(host):
    host.up().take()
    with socket.create_server(("127.0.0.1", host.port)):
        deploy(host, workers_only(host, "1"), "blue")
        deploy(host, workers_only(host, "2"), "green")
    seen = host.orders("observe")
    assert (seen["url"], seen["serving"], seen["routing"]) == ("", "green", "none")
    assert host.slot("green")["processes"][0]["state"] == "running"

    def ended():
        assert host.slot("blue")["state"] == "empty"

    eventually(ended, 10, AssertionError)


def test_a_release_with_a_web_process_may_follow_and_go_again(host):
    host.up().take()
    deploy(host, workers_only(host, "1"), "blue")
    host.deploy(host.running("2"), "green", warm=0)
    assert host.get() == (200, "2")
    eventually(lambda: empty(host, "blue"), 10, AssertionError)
    deploy(host, workers_only(host, "3"), "blue")
    eventually(lambda: empty(host, "green"), 10, AssertionError)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", host.port), timeout=5)


def empty(host, slot):
    assert host.slot(slot)["state"] == "empty"


def test_a_keeper_without_anything_to_keep_ends_by_itself(host):
    host.idle = 0.5
    host.up().take()
    began = time.monotonic()
    host.deploy(host.running("1"), "blue")
    time.sleep(1)
    assert host.get() == (200, "1"), "it lives while something runs"
    host.orders("stop", slot="blue")
    time.sleep(1)
    assert host.processes(), "it lives while somebody has the lease"
    host.orders("give_back")

    def gone():
        assert host.processes() == []

    eventually(gone, 10, AssertionError)
    assert time.monotonic() - began < 30
