"""Bringing a release to a real keeper, and one-off commands in it."""

import os
import sys
import threading

import pytest

from support.keeper_host import RefusedError, eventually
from support.staging import digest, put, put_piece


def test_only_what_is_missing_has_to_travel(host):
    host.up().take()
    wanted = [digest(b"one by one"), digest(b"linked")]
    assert host.orders("missing", digests=wanted)["missing"] == wanted
    put(host.orders, b"one by one")
    (host.home / "file").write_bytes(b"linked")
    host.orders("link", files={wanted[1]: str(host.home / "file")})
    assert host.orders("missing", digests=wanted)["missing"] == []


def test_a_host_says_what_wheels_it_takes(host):
    host.up()
    told = host.orders("platform")
    assert told["machine"] == os.uname().machine
    assert told["libc"] in {"glibc", "musl"}
    assert any(version.startswith("%d.%d." % sys.version_info[:2]) for version in told["pythons"])


def test_a_transfer_that_broke_goes_on_where_it_was(host):
    host.up().take()
    name = digest(b"in two parts")
    assert host.orders("expect", sizes={name: 12})["held"] == {name: 0}
    put_piece(host.orders, name, b"in two ", at=0, last=False)
    other = type(host.orders)(str(host.home))
    other.grant = host.orders.grant
    assert other("expect", sizes={name: 12})["held"] == {name: 7}
    assert put_piece(other, name, b"parts", at=7, last=True)["whole"]
    assert other("missing", digests=[name]) == {"missing": [], "bytes": 12}
    other.close()


def test_what_arrives_damaged_is_refused(host):
    host.up().take()
    with pytest.raises(RefusedError) as error:
        put(host.orders, b"damaged", claimed=digest(b"whole"))
    assert error.value.code == "K040"


def test_a_staged_release_runs_and_staging_it_again_is_quick(host, staged, bundle):
    assert host.orders("stage", release="s-1", bundle=bundle, running=staged)["already"]
    host.deploy(staged, "blue")
    assert host.get() == (200, "1")


def test_a_release_in_a_slot_is_not_forgotten(host, staged):
    host.deploy(staged, "blue")
    host.orders("forget", keep=[])
    assert (host.home / "releases" / "s-1" / "tree" / "web.py").exists()
    host.orders("stop", slot="blue")
    host.orders("forget", keep=[])
    assert not (host.home / "releases" / "s-1").exists()


def test_a_one_off_command_sees_the_release_and_its_secrets(host, staged):
    script = "import os; print(os.environ['ECLUSE_RELEASE'], os.environ['TOKEN']); raise SystemExit(3)"
    running = {**staged, "secrets": {"TOKEN": "s3cret"}}
    ran = host.orders("run", running=running, argv=[sys.executable, "-c", script], seconds=20)
    assert (ran["exit_code"], ran["output"].strip(), ran["timed_out"]) == (3, "s-1 s3cret", False)


def test_an_abort_ends_a_command_that_is_under_way(host, staged):
    orders = host.orders
    orders("begin", deployment="d1", running=staged, slot="blue")
    orders.send("run", running=staged, argv=["sleep", "600"], seconds=600)
    other = type(orders)(str(host.home))
    other.grant = orders.grant

    def under_way():
        assert other("observe")["open"]["last_move"] == "run"

    eventually(under_way, 10, AssertionError)
    aborts = threading.Thread(target=lambda: other("abort", deployment="d1", why="changed my mind"))
    aborts.start()
    assert orders.receive()["result"]["exit_code"] is None
    aborts.join()
    assert other("observe")["open"] is None
    other.close()
