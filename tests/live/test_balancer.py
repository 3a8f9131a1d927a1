"""Hosts behind a real HAProxy and a real nginx, with clients of the balancer that never try again."""

import json
import os
import signal

import pytest

from support.balancers import haproxy, nginx, program
from support.fleet import open_chain, until
from support.ports import free_port
from support.shop import APP, Customers

pytestmark = [pytest.mark.live, pytest.mark.network]
NAMES = ("a", "b", "c")
HOSTS = [f"hosts/{name}" for name in NAMES]
ROLLING = """strategy = "rolling"
[environments.local.rollout]
wait = "100ms"
[environments.local.balancer]
kind = "{kind}"
listen = "127.0.0.1:{listen}"
{tool}
drain = true
"""
TOOLS = {"haproxy": 'socket = "{folder}/admin.sock"', "nginx": 'file = "{folder}/shop.servers"\nreload = {reload}'}


class Behind:
    """Three hosts that serve, and the balancer in front of them."""

    def __init__(self, folder, kind):
        self.folder, self.kind, self.listen = folder, kind, free_port()
        reload = json.dumps([program("nginx"), "-c", f"{folder}/nginx.conf", "-s", "reload"])
        tool = TOOLS[kind].format(folder=folder, reload=reload)
        rollout = ROLLING.format(kind=kind, listen=self.listen, tool=tool)
        self.chain = open_chain(folder / "shop", NAMES, lease="12s", rollout=rollout)
        self.shop = self.chain.shop

    def start(self):
        text = self.shop.ecluse("balancer", "render").stdout
        if self.kind == "haproxy":
            return haproxy(self.folder, text.replace("inter 2s", "inter 500ms"), self.listen)
        lines = self.shop.ecluse("balancer", "render", "--servers").stdout
        # A strict client is one that a reload must not hang up on: as the comment in the file says.
        return nginx(self.folder, text.replace("keepalive_timeout 65s", "keepalive_timeout 0"), lines, self.listen)

    def states(self):
        (one,) = self.shop.json("balancer", "status")["balancers"]
        return {server["host"]: server["state"] for server in one["servers"]}

    def customers(self):
        return Customers(f"http://127.0.0.1:{self.listen}/", connections=4, pause=0.03)

    def answered(self):
        """How many requests each host has answered."""
        return {host["name"]: sum(slot["requests"] for slot in host["slots"]) for host in self.chain.status()["hosts"]}

    def all_ready(self):
        return set(self.states().values()) == {"ready"}


@pytest.fixture(scope="module", params=["haproxy", "nginx"])
def behind(request, tmp_path_factory):
    made = Behind(tmp_path_factory.mktemp(request.param), request.param)
    try:
        with made.start():
            shipped = made.shop.json("ship")
            assert shipped["outcome"] == "shipped", shipped
            until(made.all_ready, 10)
            yield made
    finally:
        made.chain.end()


@pytest.fixture(autouse=True)
def ready(behind):
    """All hosts in the balancer, whatever a test before did."""
    for name, state in behind.states().items():
        if state == "drained":
            behind.shop.json("balancer", "undrain", name)
    until(behind.all_ready, 20)


def test_a_host_is_drained_stopped_started_and_put_back_without_a_loss(behind):
    name, chain = "hosts/a", behind.chain
    with behind.customers() as tally:
        until(lambda: behind.answered()[name] > 20, 20)
        drained = behind.shop.json("balancer", "drain", name)
        assert drained["applied"]
        assert behind.states()[name] == "drained"
        for pid in chain.processes("a"):
            os.kill(pid, signal.SIGKILL)
        until(lambda: chain.answers()["a"].startswith("error"), 10)
        status = next(host for host in chain.status()["hosts"] if host["name"] == name)
        assert set(status["balancers"].values()) == {"drained"}
        until(lambda: not chain.answers()["a"].startswith("error"), 20)
        behind.shop.json("balancer", "undrain", name)
        until(behind.all_ready, 10)
        start = behind.answered()[name]
        until(lambda: behind.answered()[name] > start + 20, 20)
    tally.lost_nothing()
    kinds = [json.loads(line)["kind"] for line in behind.shop.ecluse("events", "--json").stdout.splitlines()]
    assert {"HostDrained", "HostUndrained"} <= set(kinds)


def test_a_drained_host_gets_nothing(behind):
    with behind.customers() as tally:
        behind.shop.json("balancer", "drain", "hosts/b")
        before = behind.answered()
        until(lambda: behind.answered()["hosts/c"] > before["hosts/c"] + 50, 20)
        after = behind.answered()
        behind.shop.json("balancer", "undrain", "hosts/b")
        until(behind.all_ready, 10)
    tally.lost_nothing()
    assert after["hosts/c"] - before["hosts/c"] > 50
    if behind.kind == "nginx":  # HAProxy goes on with its checks, two a second here
        assert after["hosts/b"] == before["hosts/b"]


def test_a_rolling_deploy_drains_batch_after_batch(behind):
    behind.shop.sell("in batches")
    with behind.customers() as tally:
        shipped = behind.shop.json("ship")
    tally.lost_nothing()
    moves = [moved["what"] for moved in shipped["timeline"]]
    assert moves.count("drain") == moves.count("undrain") == len(NAMES)
    first = moves.index("drain")
    assert moves[first : first + 5] == ["drain", "start", "gate", "shift", "undrain"]
    assert set(behind.chain.answers().values()) == {shipped["version"]}
    assert behind.all_ready()


def test_a_bad_release_is_undone_and_its_host_put_back(behind):
    behind.shop.write("shop.py", "def application(environ, start_response):\n    raise SystemExit\n")
    behind.shop.commit("feat: bad")
    with behind.customers() as tally:
        assert behind.shop.json("ship", code=3)["outcome"] == "rolled_back"
    tally.lost_nothing()
    assert behind.all_ready()
    behind.shop.write("shop.py", APP.format(version="good again"))
    behind.shop.commit("fix: good again")


def test_a_host_left_drained_is_shown_and_put_back_by_the_next_command(behind):
    """The deployer is killed while the host is out; the host itself goes back when the lease ends, and can't speak to
    the balancer."""
    chain, witness = behind.chain, behind.folder / f"reached-{free_port()}"
    witness.touch()
    chain.kill_keepers()
    chain.shop.ecluse("status", env={"ECLUSE_FAULT": f"start.before:stop:{witness}"})
    behind.shop.sell("left drained")
    with behind.customers() as tally:
        deployer = behind.shop.begin("ship", "--json")
        witness.unlink()
        until(lambda: (witness.exists() and chain.frozen()) or deployer.poll() is not None, 60)
        host = chain.frozen()
        assert host, deployer.communicate()
        deployer.kill()
        deployer.communicate()
        os.kill(chain.keeper(host), signal.SIGCONT)
        until(lambda: chain.status()["lease"] is None, 40)
        status = chain.status()
        left = next(one for one in status["hosts"] if one["name"] == f"hosts/{host}")
        assert (status["phase"], set(left["balancers"].values())) == ("serving", {"drained"})
        assert left["drained_by"].startswith("d")
        assert "which is over: the next command puts it back" in behind.shop.ecluse("status").stdout
        behind.shop.json("converge")
        assert behind.all_ready()
    tally.lost_nothing()
    assert {one["drained_by"] for one in chain.status()["hosts"]} == {None}


def test_what_a_person_drained_stays_drained(behind):
    behind.shop.json("balancer", "drain", "hosts/c")
    behind.shop.sell("around it")
    with behind.customers() as tally:
        shipped = behind.shop.json("ship")
    tally.lost_nothing()
    assert behind.states() == {"hosts/a": "ready", "hosts/b": "ready", "hosts/c": "drained"}
    assert set(behind.chain.answers().values()) == {shipped["version"]}
    behind.shop.json("balancer", "undrain", "hosts/c")


def test_the_last_one_is_not_drained(behind):
    behind.shop.json("balancer", "drain", "hosts/a")
    behind.shop.json("balancer", "drain", "hosts/b")
    assert problem(behind.shop.json("balancer", "drain", "hosts/c", code=1)) == "D082"
    for name in ("hosts/a", "hosts/b"):
        behind.shop.json("balancer", "undrain", name)
    until(behind.all_ready, 10)


def test_without_the_balancer_a_deploy_that_drains_moves_nothing(behind):
    """Its socket, or file, is gone."""
    old = set(behind.chain.answers().values())
    file = behind.folder / ("admin.sock" if behind.kind == "haproxy" else "shop.servers")
    file.rename(file.with_suffix(".away"))
    try:
        behind.shop.sell("not now")
        assert problem(behind.shop.json("balancer", "drain", "hosts/a", code=5)) == "H020"
        assert problem(behind.shop.json("ship", code=5)) == "H020"
        assert "the balancer on this machine" in behind.shop.ecluse("status").stdout
        assert set(behind.chain.answers().values()) == old
    finally:
        file.with_suffix(".away").rename(file)
    until(behind.all_ready, 10)


def problem(document):
    return document["problems"][0]["code"]
