"""One of five hosts is lost in each phase of a deploy over SSH, in three ways, and put back. Customers who reach it see
nothing of that; those on the host itself, whose cable is out, neither."""

import json
import subprocess
import sys
import time
from contextlib import ExitStack

import pytest

from support.breaks import BREAKS
from support.fleet import until
from support.remote import customers, opened
from support.ssh_hosts import required

pytestmark = [pytest.mark.fault, pytest.mark.network]
NAMES = ("web1", "web2", "web3", "web4", "web5")
LOST, OTHERS = "web3", ("web1", "web2", "web4", "web5")
PHASES = ("stage", "begin", "start", "gate", "shift", "watch", "decide", "commit")
WITHIN = 12
"""Seconds for `status` while a host is lost: 1 s on a quiet machine, more where tests keep it busy."""
POLICIES = (("all", "cable"), ("all", "nftables"), ("all", "sshd"), ("quorum", "sshd"), ("skip", "nftables"))
OFTEN = {
    ("all", "sshd", "start"),
    ("all", "cable", "shift"),
    ("all", "nftables", "decide"),
    ("quorum", "sshd", "gate"),
    ("skip", "nftables", "shift"),
}
"""Without `full`."""


@pytest.fixture(scope="module")
def remote(tmp_path_factory):
    required()
    with opened(tmp_path_factory.mktemp("fleet"), *NAMES, lease="8s", watch="800ms") as made:
        assert made.ship()["outcome"] == "shipped"
        yield made


@pytest.fixture(params=["all", "quorum", "skip"])
def policy(remote, request):
    """The manifest says which hosts may be down; what is committed next has it."""
    manifest = (remote.shop.root / "ecluse.toml").read_text()
    remote.shop.write("ecluse.toml", manifest.replace("stamp = true", f'stamp = true\nhosts_down = "{request.param}"'))
    yield request.param
    remote.shop.write("ecluse.toml", manifest)


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

    def lost_nothing(self):
        assert self.tally["failures"] == []


def ship_and_lose(remote, way, phase):
    """Exit code and what was told; the host is lost when the phase begins."""
    with remote.shop.begin("ship", "production") as deployer:
        told = []
        for line in deployer.stderr:
            told.append(line)
            if line.startswith(f"… {phase}"):
                way.begin(remote.host(LOST))
        deployer.stdout.read()
    assert any(line.startswith(f"… {phase}") for line in told), told
    return deployer.returncode, "".join(told)


def true_status(remote, way):
    """What `status` says of the hosts that are there is what an outsider sees; it knows nothing of the lost one."""
    began = time.monotonic()
    (seen,) = remote.json("status", "production", code=5)["environments"]
    took, status = time.monotonic() - began, {one["name"]: one for one in seen["hosts"]}
    answers = remote.answers()
    assert {name: status[name]["version"] for name in OTHERS} == {name: answers[name] for name in OTHERS}
    assert status[LOST]["health"] == "unknown"
    assert answers[LOST].startswith("error") == way.hides
    assert took < WITHIN, took


def cases():
    for policy, way in POLICIES:
        for phase in PHASES:
            marks = [] if (policy, way, phase) in OFTEN else [pytest.mark.full]
            yield pytest.param(policy, way, phase, id=f"{policy}-{way}-{phase}", marks=marks)


@pytest.mark.parametrize(("policy", "way", "phase"), list(cases()), indirect=["policy"])
def test_a_host_that_is_lost_costs_no_request_and_is_made_good(remote, policy, way, phase):
    if way not in BREAKS:
        pytest.skip("no nft on this machine")
    assert len(set(remote.answers().values())) == 1
    remote.shop.sell(f"{policy}: {way} at {phase}")
    host, broken = remote.host(LOST), BREAKS[way]
    try:
        with ExitStack() as stack:
            each = stack.enter_context(customers(remote, *(OTHERS if broken.hides else NAMES), connections=2))
            load = [*each.values(), stack.enter_context(Inside(host))] if broken.hides else [*each.values()]
            code, told = ship_and_lose(remote, broken, phase)
            true_status(remote, broken)
            served = remote.answers()[OTHERS[0]]
            broken.end(host)
            until(lambda: remote.status_now()["phase"] != "unreachable", 30, 0.5)
            version = converged(remote, policy, served)
    finally:
        broken.end(host)
    for one in load:
        one.lost_nothing()
    assert remote.answers() == dict.fromkeys(NAMES, version)
    last = remote.status()
    assert (last["open"], last["lease"], last["health"]) == (None, None, "healthy")
    assert code in expected(policy, phase), told
    answered = sum(one.tally["answers"] for one in load)
    print(f"\n{policy}, {way} at {phase}: exit {code}, {answered} answers, 0 failed")


def expected(policy, phase):
    """Exit codes. Whether the lost host still had the decision, or the commit, is a matter of moments."""
    if phase in {"decide", "commit"}:
        return {0, 5}
    return {0} if policy == "skip" else {3, 5}


def converged(remote, policy, served):
    """The version that all have after the next command: the next ship, or where hosts were left out, `converge`."""
    if policy != "skip":
        return remote.ship()["version"]
    remote.json("converge", "production")
    return served


@pytest.mark.parametrize(
    "policy", ["skip", pytest.param("quorum", marks=pytest.mark.full)], indirect=True
)  # fmt: skip
def test_a_host_that_is_down_is_left_out_where_that_is_wanted(remote, policy):
    remote.shop.sell(f"without one: {policy}")
    before, host = remote.answers()[LOST], remote.host(LOST)
    try:
        with customers(remote, *OTHERS, connections=2) as each, Inside(host) as inside:
            host.cut()
            version = remote.ship()["version"]
            assert {name: remote.answers()[name] for name in OTHERS} == dict.fromkeys(OTHERS, version)
            host.mend()
            until(lambda: remote.answers() == {**dict.fromkeys(OTHERS, version), LOST: before}, 30, 0.5)
            until(lambda: remote.status_now()["phase"] == "mixed", 30, 0.5)
            assert remote.json("converge", "production")["brought"] == [LOST]
    finally:
        host.mend()
    for tally in (*each.values(), inside):
        tally.lost_nothing()
    assert remote.answers() == dict.fromkeys(NAMES, version)
