"""The same switch without the kernel's help: a relay stands in front of both slots."""

import os
import signal

import pytest

from support.keeper_host import RefusedError, eventually, weights
from support.load import Load


@pytest.fixture
def fronted(host):
    host.env["ECLUSE_ROUTING"] = "relay"
    host.up().take()
    return host


def test_releases_are_asked_in_private_swapped_and_shared(fronted):
    fronted.deploy(fronted.running("1"), "blue")
    with Load(fronted.port, 4) as load:
        for number in range(2, 5):
            fronted.deploy(fronted.running(str(number)), ("blue", "green")[(number - 1) % 2], warm=0)
            assert fronted.get() == (200, str(number))
    assert load.failed == []
    seen = fronted.orders("observe")
    assert (seen["routing"], seen["serving"]) == ("relay", "green")
    assert "relay-routing" in seen["slots"][1]["guarantees"]


def test_nothing_reaches_the_public_before_its_gate(fronted):
    fronted.orders("start", running=fronted.running("1"), slot="blue")
    fronted.healthy("blue", "1")
    assert fronted.get()[0] == 503
    fronted.orders("route", **weights("blue"))
    assert fronted.get() == (200, "1")


def test_the_relay_survives_the_keeper_and_gives_the_sockets_back(fronted):
    fronted.deploy(fronted.running("1"), "blue")
    with Load(fronted.port, 4) as load:
        os.kill(fronted.holder_pid(), signal.SIGSTOP)
        killed = fronted.kill_keeper()
        os.kill(fronted.holder_pid(), signal.SIGKILL)
        assert fronted.get() == (200, "1")
        assert fronted.start().returncode == 0
        fronted.reconnect()
        assert fronted.identity()["pid"] != killed
        fronted.deploy(fronted.running("2"), "green")
    assert load.failed == []
    assert fronted.orders("observe")["warnings"] == []


def test_the_holder_keeps_all_three_sockets(fronted):
    fronted.deploy(fronted.running("1"), "blue")
    killed = fronted.kill_keeper()

    def another():
        assert fronted.identity()["pid"] != killed
        fronted.reconnect()

    eventually(another, 10, AssertionError)
    fronted.deploy(fronted.running("2"), "green")
    assert fronted.get() == (200, "2")


def test_a_taken_port_is_refused(fronted, tmp_path):
    fronted.deploy(fronted.running("1"), "blue")
    other = type(fronted)(tmp_path / "other")
    other.env, other.port = fronted.env, fronted.port
    other.up().take()
    with pytest.raises(RefusedError) as error:
        other.orders("start", running=other.running("1"), slot="blue")
    assert error.value.code == "K020"
    assert other.end() == []
