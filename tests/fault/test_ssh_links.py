"""A host's link is cut in each phase of a deploy over SSH, and put back. Customers on the host itself see nothing."""

import json
import subprocess
import sys
import time

import pytest

from support.fleet import until
from support.remote import customers, opened
from support.ssh_hosts import required

pytestmark = [pytest.mark.fault, pytest.mark.network]
NAMES = ("web1", "web2", "web3")
CUT, REACHED = "web2", ("web1", "web3")
PHASES = ("stage", "begin", "start", "gate", "shift", "watch", "decide", "commit")
WITHIN = 12
"""Seconds for `status` while a host is cut off: 1 s on a quiet machine, more where tests keep it busy."""
OFTEN = ("start", "shift", "decide")
"""Without `full`."""


@pytest.fixture(scope="module")
def remote(tmp_path_factory):
    required()
    with opened(tmp_path_factory.mktemp("fleet"), *NAMES, lease="6s", watch="800ms") as made:
        assert made.ship()["outcome"] == "shipped"
        yield made


class Inside:
    """Strict customers on the host itself, who don't need its link."""

    def __init__(self, host):
        load = ["-m", "ecluse.testing.load", "http://127.0.0.1:8000/", "--connections", "2", "--pause", "0.02"]
        self.words = ["nsenter", "-t", str(host.holder.pid), "-n", "--", sys.executable, *load]  # with our own files

    def __enter__(self):
        self.process = subprocess.Popen(
            self.words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert "ready" in self.process.stderr.readline()
        return self

    def __exit__(self, *_):
        out, err = self.process.communicate("", timeout=60)
        self.tally = json.loads(out or err)


def ship_and_cut(remote, phase):
    """Exit code and what was told; the link goes when the phase begins."""
    host = remote.host(CUT)
    with remote.shop.begin("ship", "production") as deployer:
        told = []
        for line in deployer.stderr:
            told.append(line)
            if line.startswith(f"… {phase}"):
                host.cut()
        deployer.stdout.read()
    assert any(line.startswith(f"… {phase}") for line in told), told
    return deployer.returncode, "".join(told)


@pytest.mark.parametrize(
    "phase", [pytest.param(phase, marks=[] if phase in OFTEN else pytest.mark.full) for phase in PHASES]
)
def test_a_link_that_is_cut_loses_no_request_and_is_made_good(remote, phase):
    before = remote.answers()
    assert len(set(before.values())) == 1
    remote.shop.sell(f"cut at {phase}")
    host = remote.host(CUT)
    try:
        with customers(remote, *REACHED, connections=2) as each, Inside(host) as inside:
            code, told = ship_and_cut(remote, phase)
            began = time.monotonic()
            (seen,) = remote.json("status", "production", code=5)["environments"]
            took, status = time.monotonic() - began, {one["name"]: one for one in seen["hosts"]}
            reached = {name: version for name, version in remote.answers().items() if name in REACHED}
            assert {name: status[name]["version"] for name in REACHED} == reached, told
            assert status[CUT]["health"] == "unknown"
            assert took < WITHIN, took
            host.mend()
            until(lambda: remote.status()["phase"] != "unreachable", 30, 0.5)
            again = remote.ship()
    finally:
        host.mend()
    for tally in each.values():
        tally.lost_nothing()
    assert inside.tally["failures"] == []
    assert remote.answers() == dict.fromkeys(NAMES, again["version"])
    last = remote.status()
    assert (last["open"], last["lease"], last["health"]) == (None, None, "healthy")
    answered = sum(tally.tally["answers"] for tally in each.values()) + inside.tally["answers"]
    decided = phase in {"decide", "commit"}
    assert code in ({0, 5} if decided else {3, 5}), told
    print(f"\ncut at {phase}: exit {code}, status after {took:.1f} s, {answered} answers, 0 failed")


@pytest.mark.parametrize("when", ["before", pytest.param("shift", marks=pytest.mark.full)])
def test_a_host_that_is_down_is_left_out_where_that_is_wanted(remote, when):
    manifest, host = (remote.shop.root / "ecluse.toml").read_text(), remote.host(CUT)
    remote.shop.write("ecluse.toml", manifest.replace("stamp = true", 'stamp = true\nhosts_down = "skip"'))
    remote.shop.sell(f"without one, {when}")
    before = remote.answers()[CUT]
    try:
        with customers(remote, *REACHED, connections=2) as each, Inside(host) as inside:
            if when == "before":
                host.cut()
                version = remote.ship()["version"]
            else:
                code, told = ship_and_cut(remote, when)
                assert code == 0, told
                version = remote.answers()[REACHED[0]]
            assert {name: remote.answers()[name] for name in REACHED} == dict.fromkeys(REACHED, version)
            host.mend()
            until(lambda: remote.answers() == {**dict.fromkeys(REACHED, version), CUT: before}, 30, 0.5)
            until(lambda: remote.status()["phase"] == "mixed", 30, 0.5)
            assert remote.json("converge", "production")["brought"] == [CUT]
    finally:
        host.mend()
        remote.shop.write("ecluse.toml", manifest)
        remote.shop.commit("chore: want all hosts")
    for tally in each.values():
        tally.lost_nothing()
    assert inside.tally["failures"] == []
    assert remote.answers() == dict.fromkeys(NAMES, version)
