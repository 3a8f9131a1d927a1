"""A host whose clock is an hour off, and is set while a deploy is under way: told, and without effect on any lease."""

import shutil
import signal
import subprocess
import time

import pytest

from support.breaks import BREAKS
from support.fleet import until
from support.remote import customers, opened
from support.ssh_hosts import required

pytestmark = [pytest.mark.live, pytest.mark.network]
OFF, OTHERS = "web2", ("web1", "web3")
LEASE = 10
CLOCK = "/run/clock"
"""Where the wrong time stands, on the host."""
SEEN_WITHIN = 1
"""Seconds for which what runs there believes what it read in it."""


@pytest.fixture(scope="module")
def remote(tmp_path_factory):
    """All that a user starts on web2 sees a clock of faketime's, the keeper too."""
    required()
    if not shutil.which("faketime"):
        pytest.skip("no faketime on this machine (Debian: faketime)")
    with opened(tmp_path_factory.mktemp("fleet"), "web1", OFF, "web3", lease=f"{LEASE}s", watch="3s") as made:
        host = made.host(OFF)
        set_clock(host, "+3600")
        settings = {**preloaded(), "FAKETIME_TIMESTAMP_FILE": CLOCK, "FAKETIME_CACHE_DURATION": str(SEEN_WITHIN)}
        words = " ".join(f"{name}={value}" for name, value in settings.items())
        host.run("sh", "-c", f"echo 'SetEnv {words}' >> /home/.sshd/config", user=False)
        BREAKS["sshd"].begin(host)
        BREAKS["sshd"].end(host)
        yield made


def preloaded():
    """What faketime puts into the environment; the clocks that only count go right, as they do with a wrong time."""
    words = ["faketime", "-m", "--exclude-monotonic", "-f", "+0", "env"]
    told = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    found = dict(line.partition("=")[::2] for line in told.splitlines())
    return {
        name: found[name]
        for name in ("LD_PRELOAD", "FAKETIME_DONT_FAKE_MONOTONIC", "DONT_FAKE_MONOTONIC")
        if name in found
    }


def set_clock(host, offset):
    host.run(
        "sh", "-c", f"echo '{offset}' > {CLOCK}.new && chmod 644 {CLOCK}.new && mv {CLOCK}.new {CLOCK}", user=False
    )
    time.sleep(SEEN_WITHIN + 0.2)  # what runs there looks at the file no sooner


def test_it_is_told_with_host_fix_and_code(remote):
    set_clock(remote.host(OFF), "+3600")
    checked = {host["name"]: host["problems"] for host in remote.json("host", "check", "production")["hosts"]}
    (problem,) = checked[OFF]
    assert (problem["code"], OFF in problem["what"], "ahead" in problem["what"]) == ("H014", True, True)
    assert "set-ntp" in problem["fix"]
    assert [checked[name] for name in OTHERS] == [[], []]


def test_a_ship_says_so_and_goes_on(remote):
    set_clock(remote.host(OFF), "-3600")
    remote.shop.sell("an hour late")
    done = remote.shop.ecluse("ship", "production")
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stderr.splitlines() if "H014" in line]
    assert f"the clock of {OFF} is 60.0 min behind ours" in line
    status = {host["name"]: host["warnings"] for host in remote.status()["hosts"]}
    assert ["H014" in str(status[name]) for name in ("web1", OFF, "web3")] == [False, True, False]
    assert len(set(remote.answers().values())) == 1


def test_no_lease_goes_by_it(remote):
    """The clock is set two hours on while the deployer dies: every host goes back when the lease ends, not sooner, and
    none an hour later."""
    set_clock(remote.host(OFF), "-3600")
    remote.shop.sell("before")
    before = remote.ship()["version"]
    remote.shop.sell("never")
    with customers(remote, connections=2) as each:
        with remote.shop.begin("ship", "production") as deployer:
            told = []
            while not (told and told[-1].startswith("… watch")):
                told.append(deployer.stderr.readline())
                assert told[-1], "".join(told)
            set_clock(remote.host(OFF), "+3600")
            deployer.send_signal(signal.SIGKILL)
            deployer.communicate()
        left = {host["name"]: (host["lease"] or {}).get("left") for host in remote.status_now()["hosts"]}
        until(lambda: remote.answers() == dict.fromkeys(remote.names, before), 5 * LEASE, 0.2)
    assert all(0 < one <= LEASE for one in left.values() if one is not None), left
    for tally in each.values():
        tally.lost_nothing()
        assert len(tally.tally["by_release"]) == 2, "the new one served there until the lease ended"
    remote.shop.sell("after")
    after = remote.ship()["version"]
    assert remote.answers() == dict.fromkeys(remote.names, after)
    assert remote.status()["health"] == "healthy"
