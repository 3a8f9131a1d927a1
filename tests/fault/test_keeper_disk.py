"""A disk that fills up under a keeper."""

import os
import subprocess

import pytest

from support.keeper_host import WEB, Host, RefusedError, eventually

pytestmark = [pytest.mark.fault, pytest.mark.skipif(os.geteuid() != 0, reason="a small file system needs root")]

CHATTERS = (
    """
import threading, time
def chatter():
    while True:
        try:
            print("x" * 1000, flush=True)
        except OSError:
            pass
        time.sleep(0.002)
threading.Thread(target=chatter, daemon=True).start()
"""
    + WEB
)


@pytest.fixture
def small(tmp_path):
    """A keeper whose folder is a file system of 2 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], check=True)
    host = Host(folder / "home")
    try:
        yield host
        (folder / "home" / "filling").unlink(missing_ok=True)
        assert host.end() == []
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder):
    with (folder / "filling").open("wb", buffering=0) as file:
        try:
            while file.write(b"\0" * 4096):
                pass
        except OSError:
            return


def test_a_full_disk_refuses_deployments_and_neither_ends_the_keeper_nor_what_serves(small):
    small.up().take()
    small.deploy(small.running("1", web=CHATTERS), "blue")
    second = small.running("2")
    fill(small.home)
    keeper = small.identity()["pid"]
    with pytest.raises(RefusedError) as error:
        small.orders("begin", deployment="d2", running=second, slot="green")
    assert error.value.code == "K030"

    def told():
        assert "disk" in " ".join(small.orders("observe")["warnings"])

    eventually(told, 20, AssertionError)
    assert small.get() == (200, "1")
    (small.home / "filling").unlink()
    small.deploy(second, "green", "d3")
    assert small.get() == (200, "2")
    assert small.orders("observe")["keeper_pid"] == keeper


def test_a_worker_that_dies_on_a_full_disk_is_started_again(small):
    small.up().take()
    small.deploy(small.running("1"), "blue")
    fill(small.home)
    os.kill(small.slot("blue")["processes"][0]["pid"], 9)
    assert small.get() == (200, "1")
    assert small.slot("blue")["processes"][0]["restarts"] >= 1


def test_a_keeper_that_is_killed_on_a_full_disk_comes_back_and_undoes_what_was_open(small):
    small.up().take(2)
    small.deploy(small.running("1"), "blue")
    second = small.running("2")
    small.orders.take(3)
    small.orders("begin", deployment="d2", running=second, slot="green")
    small.orders("start", running=second, slot="green")
    fill(small.home)
    for _ in range(50):  # each entry makes the journal longer, so that its copy finds no room at some point
        try:
            small.orders("route", blue=100, green=0)
        except RefusedError:
            break
    killed = small.kill_keeper()

    def undone():
        seen = small.reconnect()("observe")
        assert (seen["keeper_pid"] != killed, seen["open"]) == (True, None)

    eventually(undone, 20, AssertionError, OSError)
    assert small.get() == (200, "1")
