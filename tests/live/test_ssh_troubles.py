"""What can be wrong with a host: each a Problem with its name, its fix and its code; the other host is unharmed."""

import os
import secrets
import signal
import time

import pytest

from support.fleet import kill_at_once
from support.remote import customers, opened
from support.remote_chain import RemoteChain
from support.ssh_hosts import USER, ran, required

pytestmark = [pytest.mark.live, pytest.mark.network]


@pytest.fixture(scope="module")
def remote(tmp_path_factory):
    required()
    with opened(tmp_path_factory.mktemp("fleet"), "web1", "web2") as made:
        assert made.ship()["outcome"] == "shipped"
        yield made


@pytest.fixture(autouse=True)
def unharmed(remote):
    """Whatever is wrong with web1: customers of web2 see nothing of it, and what it serves is healthy."""
    with customers(remote, "web2", connections=2) as each:
        yield
    each["web2"].lost_nothing()
    assert {host["name"]: host["health"] for host in remote.status_now()["hosts"]}["web2"] == "healthy"


@pytest.fixture
def known(remote):
    """The file of host keys that are trusted; afterwards as it was."""
    before = remote.hosts.known.read_text()
    yield remote.hosts.known
    remote.hosts.known.write_text(before)


def checked(remote):
    """The Problem of web1; web2 answers."""
    said = remote.json("host", "check", "production", code=5)
    assert [host["name"] for host in said["hosts"]] == ["web2"]
    (lost,) = said["lost"]
    assert lost["name"] == "web1"
    assert lost["problem"]["fix"]
    assert not_shipped(remote, lost["problem"]["code"])
    return lost["problem"]


def not_shipped(remote, code):
    """A ship is refused for web1 by name, before anything moves."""
    before = remote.answers()["web2"]
    done = remote.shop.ecluse("ship", "production")
    return done.returncode != 0 and code in done.stderr and "web1" in done.stderr and remote.answers()["web2"] == before


def without(text, name):
    return "".join(f"{line}\n" for line in text.splitlines() if not line.startswith(f"{name} "))


def test_a_host_that_is_not_known_is_not_trusted(remote, known):
    known.write_text(without(known.read_text(), "web1"))
    problem = checked(remote)
    print_of = ran("ssh-keygen", "-lf", str(remote.host("web1").folder / "host_key.pub")).split()[1]
    assert (problem["code"], print_of in problem["evidence"][0]) == ("H001", True)


def test_a_configuration_that_trusts_everybody_is_not_followed(remote, known):
    config = remote.hosts.config
    before = config.read_text()
    config.write_text(
        before.replace(f"UserKnownHostsFile {known}", "UserKnownHostsFile none\n    StrictHostKeyChecking no", 1)
    )
    try:
        assert checked(remote)["code"] == "H001"
    finally:
        config.write_text(before)


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_a_changed_host_key_is_told_with_both(remote, known, tmp_path, kind):
    ran("ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(tmp_path / "other"))
    other = (tmp_path / "other.pub").read_text().split()
    known.write_text(without(known.read_text(), "web1") + f"web1 {other[0]} {other[1]}\n")
    problem = checked(remote)
    assert problem["code"] == "H002"
    assert ran("ssh-keygen", "-lf", str(tmp_path / "other.pub")).split()[1] in problem["evidence"][0]
    assert "ssh-keygen -R web1" in problem["fix"]


def test_a_key_that_is_refused_and_a_wrong_user(remote):
    keys = f"/home/{USER}/.ssh/authorized_keys"
    remote.host("web1").run("mv", keys, f"{keys}.away")
    try:
        assert checked(remote)["code"] == "H003"
    finally:
        remote.host("web1").run("mv", f"{keys}.away", keys)
    config = remote.hosts.config
    before = config.read_text()
    config.write_text(before.replace(f"User {USER}", "User nobody-here", 1))
    try:
        problem = checked(remote)
    finally:
        config.write_text(before)
    assert (problem["code"], "nobody-here" in str(problem["evidence"])) == ("H003", True)


def test_a_host_that_is_cut_off_and_one_that_accepts_and_hangs(remote):
    host = remote.host("web1")
    host.cut()
    try:
        began = time.monotonic()
        problem = checked(remote)
        assert (problem["code"], time.monotonic() - began < 12) == ("H004", True)
    finally:
        host.mend()
    os.kill(host.server, signal.SIGSTOP)
    try:
        problem = checked(remote)
        assert (problem["code"], problem["what"]) == ("H004", "web1 can't be reached: no answer in time")
    finally:
        os.kill(host.server, signal.SIGCONT)
    assert remote.json("host", "check", "production")["lost"] == []


OLD = '#!/bin/sh\n[ "$1" = -V ] && echo Python 3.6.9\nexit 1\n'


def test_a_host_without_a_python_that_is_new_enough(remote):
    host, old = remote.host("web1"), "/run/python3"
    host.run("sh", "-c", f"printf '%s' '{OLD}' >{old} && chmod 755 {old}", user=False)
    host.run("mv", f"/home/{USER}/.ecluse/python", f"/home/{USER}/.ecluse/python.away")
    for name in pythons(host):
        host.run("mount", "--bind", old, name, user=False)
    try:
        said = remote.json("host", "prepare", "production", code=1)
    finally:
        for name in pythons(host):
            host.run("umount", name, user=False)
        host.run("mv", f"/home/{USER}/.ecluse/python.away", f"/home/{USER}/.ecluse/python")
    (lost,) = said["lost"]
    assert (lost["name"], lost["problem"]["code"], lost["problem"]["evidence"]) == (
        "web1", "H006", ["there is Python 3.6.9"],
    )  # fmt: skip


def pythons(host):
    """The programs behind every name that is looked for."""
    names = "for n in /usr/bin/python3 /usr/bin/python3.* /usr/local/bin/python3*; do readlink -f $n; done | sort -u"
    return [name for name in host.run("sh", "-c", names).split() if "config" not in name and "*" not in name]


def test_a_host_that_was_never_prepared(remote):
    link = f"/home/{USER}/.ecluse/keeper.pyz"
    remote.host("web1").run("mv", link, f"{link}.away")
    try:
        document = remote.json("status", "production", code=5)
        assert "web1 has no keeper's program yet" in str(document)
        assert [host["changes"] != [] for host in remote.json("host", "check", "production")["hosts"]] == [True, False]
        done = remote.shop.ecluse("ship", "production")
        assert (done.returncode, "H005" in done.stderr, "host prepare" in done.stderr) == (1, True, True), done.stderr
    finally:
        remote.host("web1").run("mv", f"{link}.away", link)


NEWER = """
import hashlib, os, shutil, zipfile
link = os.path.expanduser("~/.ecluse/keeper.pyz")
there = os.path.realpath(link)
with zipfile.ZipFile(there) as old, zipfile.ZipFile("/tmp/newer", "w") as new:
    for name in old.namelist():
        new.writestr(name, "__version__ = '99.0.0'" if name == "ecluse/__init__.py" else old.read(name))
with open("/tmp/newer", "rb") as file:
    path = os.path.join(os.path.dirname(there), "keeper-%s.pyz" % hashlib.sha256(file.read()).hexdigest())
shutil.copy("/tmp/newer", path)
os.unlink(link)
os.symlink(path, link)
print(there)
"""


def test_a_keeper_of_a_newer_version_is_not_replaced(remote):
    remote.shop.sell("by an older one")
    host = remote.host("web1")
    served = remote.answers()
    own = host.run("python3", "-c", NEWER).strip()
    try:
        end_keepers(remote, "web1")
        done = remote.shop.ecluse("ship", "production")
        assert (done.returncode != 0, "K005" in done.stderr, "web1" in done.stderr) == (True, True, True), done.stderr
        assert "99.0.0" in done.stderr
        assert "update Écluse here" in done.stderr
        assert remote.answers() == served
    finally:
        host.run("ln", "-sfn", own, f"/home/{USER}/.ecluse/keeper.pyz")
        end_keepers(remote, "web1")
    assert remote.ship()["outcome"] == "shipped"


def end_keepers(remote, name):
    """Keeper and holder: the next command starts another, of the program that is there."""
    chain = RemoteChain(remote)
    kill_at_once([pid for pid, kind in chain.processes(name).items() if kind != "app"])


def test_a_full_disk_ends_the_deploy_and_harms_nobody(remote):
    before = remote.answers()
    remote.shop.write("big.bin", secrets.token_hex(4_000_000))  # more than what a keeper gives up on a full disk
    remote.shop.sell("too much")
    fill = remote.host("web1")
    fill.run("sh", "-c", "dd if=/dev/zero of=$HOME/filled bs=1M 2>/dev/null || true")
    try:
        done = remote.shop.ecluse("ship", "production")
        assert (done.returncode, "web1" in done.stderr, "K030" in done.stderr) == (1, True, True), done.stderr
        assert remote.answers() == before
    finally:
        fill.run("rm", f"/home/{USER}/filled")
    assert remote.ship()["outcome"] == "shipped"
