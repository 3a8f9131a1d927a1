"""A file's way to a host breaks in the middle: what came stays there, and the rest alone is sent."""

import os
import shutil
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from support.remote import opened
from support.ssh_hosts import USER, required

pytestmark = [pytest.mark.fault, pytest.mark.network]
SIZE = 24_000_000
BESIDES = 1_500_000
"""Bytes of a deploy for all but the file: orders, answers, what SSH adds."""
STORE = f"home/{USER}/.ecluse/apps/shop/environments/production/store"


@pytest.fixture(scope="module")
def remote(tmp_path_factory):
    required()
    with opened(tmp_path_factory.mktemp("fleet"), "web1", lease="6s") as made:
        assert made.ship()["outcome"] == "shipped"
        yield made


@pytest.fixture
def host(remote):
    """With a big file to come that nothing makes smaller."""
    (remote.shop.root / "big.bin").write_bytes(os.urandom(SIZE))
    remote.shop.commit("feat: a big file")
    return remote.host("web1")


def incoming(host):
    """Bytes of the big file that are there."""
    folder = Path(f"/proc/{host.holder.pid}/root/{STORE}/incoming")
    return max((path.stat().st_size for path in folder.glob("*")), default=0)


def when_halfway(host, deployer):
    until = time.monotonic() + 120
    while incoming(host) < SIZE / 3:
        assert deployer.poll() is None, deployer.communicate()
        assert time.monotonic() < until
        time.sleep(0.001)


def ended(deployer):
    out, err = deployer.communicate(timeout=120)
    return deployer.returncode, out + err


def test_after_a_cut_the_rest_alone_is_sent(remote, host):
    before = remote.answers()
    deployer = remote.shop.begin("ship", "production")
    when_halfway(host, deployer)
    host.cut()
    try:
        code, told = ended(deployer)
    finally:
        host.mend()
    held, already = incoming(host), host.received
    assert (code, SIZE / 3 < held < SIZE) == (5, True), told
    assert remote.answers() == before
    shipped = remote.ship()
    went = host.received - already
    assert SIZE - held <= shipped["timeline"][0]["sent"]["bytes"] < went
    assert went < SIZE - held + BESIDES
    assert remote.answers() == {"web1": shipped["version"]}
    assert incoming(host) == 0


def test_a_session_that_ends_in_the_middle_is_begun_again(remote, host):
    already = host.received
    deployer = remote.shop.begin("ship", "production")
    when_halfway(host, deployer)
    sessions = [pid for pid in host.pids() if parent(pid) == host.server]
    for pid in sessions:
        os.kill(pid, signal.SIGKILL)
    code, told = ended(deployer)
    went = host.received - already
    assert (code, bool(sessions), went < SIZE + BESIDES) == (0, True, True), told


def test_another_deployer_goes_on_with_what_the_first_has_sent(remote, host, tmp_path):
    """From another machine: another ledger, and a store of its own. The first was stopped, and goes on too late."""
    other = tmp_path / "other"
    shutil.copytree(remote.shop.root, other, ignore=shutil.ignore_patterns(".ecluse"))
    already = host.received
    first = remote.shop.begin("ship", "production")
    when_halfway(host, first)
    first.send_signal(signal.SIGSTOP)
    try:
        code, told = ended(replace(remote.shop, root=other).begin("ship", "production", "--wait=60s"))
    finally:
        first.send_signal(signal.SIGCONT)
    assert (code, ended(first)[0]) == (0, 4), told
    went = host.received - already
    assert went < SIZE + BESIDES
    assert len(set(remote.answers().values())) == 1


def test_a_file_for_which_there_is_no_room_is_not_begun(remote, host):
    host.run("sh", "-c", "rm -f $HOME/filled; dd if=/dev/zero of=$HOME/filled bs=1M 2>/dev/null || true")
    host.run("truncate", "--size=-12M", f"/home/{USER}/filled")
    before, already = remote.answers(), host.received
    try:
        code, told = ended(remote.shop.begin("ship", "production"))
        assert (code, "K030" in told, "no room" in told, incoming(host)) == (1, True, True, 0), told
        assert host.received - already < BESIDES
        assert remote.answers() == before
    finally:
        host.run("rm", f"/home/{USER}/filled")
    assert remote.ship()["outcome"] == "shipped"


def parent(pid):
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0
