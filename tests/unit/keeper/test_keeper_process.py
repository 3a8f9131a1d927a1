"""The keeper as a process: how it begins, is found, and ends."""

import fcntl
import json
import os
import shutil
import signal
from pathlib import Path

import pytest

from support.keeper_host import RefusedError, eventually, weights


def test_a_keeper_that_can_not_start_says_why(host):
    (host.home / "keeper.sock").mkdir(parents=True)
    started = host.start()
    assert (started.returncode, "IsADirectoryError" in started.stderr) == (1, True)
    assert "the keeper failed:\nTraceback" in host.life()
    (host.home / "keeper.sock").rmdir()
    assert host.start().returncode == 0


def test_a_keeper_that_is_told_to_end_leaves_everything_running_and_is_followed_by_another(host):
    host.up().take()
    host.deploy(host.running("1"), "blue")
    before = host.slot("blue")["processes"][0]["pid"]
    told = host.identity()["pid"]
    os.kill(told, signal.SIGTERM)
    host.wait_for_another_keeper(told)
    assert host.slot("blue")["processes"][0]["pid"] == before
    assert host.get() == (200, "1")


@pytest.mark.parametrize("what", ["the socket", "the folder"])
def test_a_keeper_whose_place_was_removed_makes_it_anew(host, what):
    host.up().take()
    host.deploy(host.running("1"), "blue")
    keeper = host.identity()["pid"]
    if what == "the socket":
        (host.home / "keeper.sock").unlink()
    else:
        shutil.rmtree(host.home)
    eventually(host.reconnect, 5, OSError)
    seen = host.orders("observe")
    assert (seen["keeper_pid"], seen["serving"], host.get()) == (keeper, "blue", (200, "1"))
    assert any("was removed while it was in use" in text for text in seen["warnings"]) == (what == "the folder")
    records = ["routes.json", "slots/blue.json", "journal.json", "lease.json", "secrets", "holder.sock"]
    assert [name for name in records if not (host.home / name).exists()] == []


def test_a_keeper_whose_place_another_one_took_goes_on_and_obeys_nobody(host, tmp_path):
    host.up().take()
    host.deploy(host.running("1"), "blue")
    ghost = host.identity()["pid"]
    with open(tmp_path / "lock", "w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        os.rename(tmp_path / "lock", host.home / "keeper.lock")

        def told():
            assert "another keeper has our place; what runs here goes on, and obeys nobody" in host.life()

        eventually(told, 5, AssertionError)
        assert host.get() == (200, "1")
        with pytest.raises(OSError):
            host.reconnect(0.2)
    os.kill(ghost, signal.SIGTERM)
    host.wait_for_another_keeper(ghost)
    assert host.orders("observe")["serving"] == "blue"


def test_a_program_that_is_no_keeper_is_never_become(host):
    host.up()
    host.orders.take()
    keeper = host.identity()
    with pytest.raises(RefusedError, match="is no keeper") as refused:
        host.orders("upgrade", path="/bin/false")
    assert refused.value.code == "K002"
    assert host.orders("hello")["pid"] == keeper["pid"]


def test_no_keeper_is_replaced_inside_a_deployment(host):
    host.up().take()
    host.orders("begin", deployment="d-1", running=host.running("1"), slot="blue")
    with pytest.raises(RefusedError) as refused:
        host.orders("upgrade", path="/bin/false")
    assert refused.value.code == "K012"


def test_stopping_what_serves_gives_its_traffic_to_the_warm_release(host):
    host.up().take()
    host.deploy(host.running("1"), "blue")
    host.deploy(host.running("2"), "green")
    host.orders("stop", slot="green")
    assert host.get() == (200, "1")
    assert host.orders("observe")["serving"] == "blue"


def test_an_order_that_lacks_something_is_refused_naming_it(host):
    host.up().take()
    with pytest.raises(RefusedError, match="the order lacks 'slot'"):
        host.orders("stop")


def test_a_slot_in_which_nothing_runs_gets_no_traffic(host):
    host.up().take()
    with pytest.raises(RefusedError, match="nothing runs in green") as refused:
        host.orders("route", **weights("green"))
    assert refused.value.code == "K002"


def test_a_record_that_can_not_be_written_is_an_answer(host):
    """A folder lies where the journal goes."""
    host.up().take()
    (host.home / "journal.json").mkdir()
    with pytest.raises(RefusedError):
        host.orders("begin", deployment="d-1", running=host.running("1"), slot="blue")
    assert host.orders("observe")["open"] is None
    (host.home / "journal.json").rmdir()
    host.deploy(host.running("1"), "blue")
    assert json.loads(Path(host.home / "keeper.json").read_text())["pid"] == host.orders("hello")["pid"]
