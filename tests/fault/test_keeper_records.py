"""What a keeper wrote is damaged or removed while the app serves: it goes on serving, and what is said is true."""

import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.keeper_host import RefusedError, eventually
from support.load import Load

pytestmark = pytest.mark.fault


def next_keeper(host):
    """Kill the keeper; its holder starts another."""
    host.wait_for_another_keeper(host.kill_keeper())


def serving(host):
    host.up().take()
    host.deploy(host.running("1"), "blue")
    return host


@pytest.mark.parametrize("name", ["slots/blue.json", "routes.json"])
@pytest.mark.parametrize("content", [b"", b"garbage\xff", b"[]"])
def test_a_damaged_record_is_read_from_its_copy(host, name, content):
    serving(host)
    (host.home / name).write_bytes(content)
    with Load(host.port, 4) as load:
        next_keeper(host)
        seen = host.orders("observe")
    assert load.failed == []
    assert (seen["serving"], seen["slots"][0]["version"], seen["slots"][0]["weight"]) == ("blue", "1", 100)
    assert any(name.rpartition("/")[2] in warning for warning in seen["warnings"])


def test_without_any_routes_the_slot_that_had_traffic_serves(host):
    serving(host)
    for name in ("routes.json", "routes.json.copy"):
        (host.home / name).write_bytes(b"")
    with Load(host.port, 4) as load:
        next_keeper(host)
        assert host.orders("observe")["slots"][0]["weight"] == 100
    assert load.failed == []


def test_what_runs_in_a_slot_without_any_record_goes_on_until_the_next_deploy(host):
    serving(host)
    for name in ("blue.json", "blue.json.copy"):
        (host.home / "slots" / name).write_bytes(b"")
    with Load(host.port, 4) as load:
        next_keeper(host)
        assert any("goes on: deploy again" in warning for warning in host.orders("observe")["warnings"])
        host.orders.take()
        host.deploy(host.running("2"), "green", warm=0)
        assert host.get() == (200, "2")
        eventually(lambda: nothing_of_slot(host, "blue"), 10, AssertionError, OSError)
    assert load.failed == []
    assert set(load.served) == {"1", "2"}


def nothing_of_slot(host, slot):
    told = f"ECLUSE_SLOT={slot}".encode()
    assert [pid for pid in host.processes() if told in Path(f"/proc/{pid}/environ").read_bytes()] == []


@pytest.mark.parametrize("what", ["the socket", "the whole folder"])
def test_what_was_removed_comes_back_and_the_app_is_still_found(host, tmp_path, what):
    serving(host)
    keeper = host.identity()["pid"]
    with Load(host.port, 4) as load:
        if what == "the socket":
            (host.home / "keeper.sock").unlink()
        else:
            shutil.rmtree(host.home.rename(tmp_path / "away"))  # the keeper may write while a folder is being emptied
        seen = eventually(lambda: host.reconnect(1)("observe"), 5, OSError)
        assert seen["slots"][0]["version"] == "1"
        assert (host.identity()["pid"], len(holders(host))) == (keeper, 1)
        assert bool(seen["warnings"]) is (what == "the whole folder")
        host.orders.take()
        host.deploy(host.running("2"), "green")
        host.wait_for_another_keeper(host.kill_keeper())
        assert host.get() == (200, "2")
    assert load.failed == []


def holders(host):
    return [pid for pid in host.processes() if host._is_holder(pid)]


@pytest.mark.parametrize("shifted", [False, True])
@pytest.mark.parametrize("content", [b"", b"garbage\xff", None])
def test_a_journal_lost_in_the_middle_of_a_deployment_costs_nobody_a_request(host, content, shifted):
    """File and copy are gone: what serves goes on, nothing is sent to a slot without a process, and it is said."""
    serving(host)
    release = host.running("2")
    host.orders("begin", deployment="d-2", running=release, slot="green")
    host.orders("start", running=release, slot="green")
    host.healthy("green", "2")
    with Load(host.port, 4) as load:
        if shifted:
            host.orders("route", blue=0, green=100)
        for name in ("journal.json", "journal.json.copy"):
            (host.home / name).unlink() if content is None else (host.home / name).write_bytes(content)
        next_keeper(host)
        seen = host.orders("observe")
        assert (seen["open"], seen["serving"]) == (None, "green" if shifted else "blue")
        assert bool(seen["warnings"]) is (content is not None)
        slot = next(slot for slot in seen["slots"] if slot["weight"])
        assert (slot["state"], slot["version"]) == ("running", "2" if shifted else "1")
        host.orders.take()
        other = "blue" if shifted else "green"
        host.orders("stop", slot=other)
        host.deploy(host.running("3"), other, "d-3")
        assert host.get() == (200, "3")
    assert load.failed == []


@pytest.mark.skipif(os.geteuid() != 0, reason="to mount needs root")
def test_on_a_read_only_disk_orders_are_refused_and_what_serves_goes_on(host):
    """As when a file system was mounted read-only after an error."""
    serving(host)
    second = host.running("2")
    with Load(host.port, 4) as load:
        with read_only(host.home):
            with pytest.raises(RefusedError) as refused:
                host.orders("begin", deployment="d-2", running=second, slot="green")
            assert refused.value.code == "K031"
            seen = host.orders("observe")
            assert (seen["open"], seen["serving"]) == (None, "blue")
        host.deploy(second, "green", "d-3")
        assert host.get() == (200, "2")
    assert load.failed == []


@contextmanager
def read_only(folder):
    """What is opened by its path from here on can't be written."""
    umount = ["umount", "--lazy", folder]

    def mount():
        """A new mount is writable for a moment, and stays so if just then something in it is opened to be written."""
        try:
            subprocess.run(["mount", "--bind", "--options", "ro", folder, folder], check=True)
        except subprocess.CalledProcessError:
            subprocess.run(umount, check=True)
            raise

    eventually(mount, 5, subprocess.CalledProcessError)
    try:
        yield
    finally:
        subprocess.run(umount, check=True)
