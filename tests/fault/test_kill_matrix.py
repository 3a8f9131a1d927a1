"""The deployer is ended in four ways at every boundary of the journal, or a keeper killed, on three hosts under load.

The boundaries are those of the keeper's own list, so a new one is covered, or fails here, by itself. A keeper that
reaches the boundary stands still (SIGSTOP) until the deployer has got its signal: nothing is left to chance.
"""

import signal
from contextlib import ExitStack

import pytest

from ecluse.keeper.fault import MOVES, POINTS
from support.balancers import haproxy
from support.fleet import customers, open_chain, until
from support.ports import free_port

pytestmark = [pytest.mark.fault, pytest.mark.network]
NAMES = ("a", "b", "c")
SIGNALS = ("KILL", "INT", "HUP", "STOP")
LEASE = 4.0

REACHED_BY = {
    "begin": "ship",
    "run": "ship",
    "start": "ship",
    "stop": "ship",
    "route": "ship",
    "decide": "ship",
    "commit": "ship",
    "close": "ship",
    "abort": "a bad release",
    "hold": "a release that waits",
    "halt": "a release for which the old one makes way",
    "drain": "a rolling release behind a balancer",
    "undrain": "a rolling release behind a balancer",
}
BEHIND = """strategy = "rolling"
[environments.local.balancer]
kind = "haproxy"
listen = "127.0.0.1:{listen}"
socket = "{folder}/admin.sock"
drain = true
[environments.local.rollout]
wait = "100ms"
"""
ROLLOUT = {"hold": '[environments.local.rollout]\npromote = "manual"', "halt": 'strategy = "recreate"', "drain": BEHIND}
KINDS = {"hold": "hold", "halt": "halt", "drain": "drain", "undrain": "drain"}
"""Of chains; for all other moves a plain one will do."""


def test_every_boundary_is_covered():
    assert set(REACHED_BY) == set(MOVES)


def cases():
    """One signal at each boundary in turn; every combination with `full`."""
    for at, point in enumerate(POINTS):
        for number, name in enumerate(SIGNALS):
            chosen = number == at % len(SIGNALS)
            yield pytest.param(point, name, id=f"{point}-{name}", marks=[] if chosen else [pytest.mark.full])


@pytest.fixture(scope="module")
def chains(tmp_path_factory):
    """One for each way in which traffic moves; used by one case after the other."""
    opened, balancers = {}, ExitStack()

    def chain(move):
        kind = KINDS.get(move, "plain")
        if kind not in opened:
            folder, listen = tmp_path_factory.mktemp(kind), free_port()
            rollout = ROLLOUT.get(kind, "").format(folder=folder, listen=listen)
            made = opened[kind] = open_chain(folder / "shop", NAMES, lease=f"{LEASE:g}s", rollout=rollout)
            if kind == "drain":
                text = made.shop.ecluse("balancer", "render").stdout
                balancers.enter_context(haproxy(folder, text, listen))
            manifest = (made.shop.root / "ecluse.toml").read_text()
            made.shop.write("ecluse.toml", manifest.replace('name = "shop"', 'name = "shop"\nmigrate = "true"'))
            made.shop.commit("feat: migrate")
            made.number = 0
            shipped(made, "zero")
        return opened[kind]

    yield chain
    for made in opened.values():
        made.end()
    balancers.close()


def shipped(chain, text):
    """A version that serves on all hosts, promoted where that is asked for."""
    if chain.status()["phase"] == "waiting":  # the deployer had done all it had to; a person decides
        chain.shop.json("undo")
    chain.shop.sell(text)
    last = chain.shop.json("ship")
    if last["outcome"] == "waiting":
        last = chain.shop.json("promote")
    assert last["outcome"] in {"shipped", "deployed"}, last
    assert set(chain.answers().values()) == {last["version"]}
    return last["version"]


@pytest.mark.parametrize(("point", "name"), list(cases()))
def test_a_deployer_that_is_ended_harms_nobody(chains, point, name):
    move = point.partition(".")[0]
    chain = chains(move)
    chain.number += 1
    if move == "stop" and chain.number == 1:
        shipped(chain, "one")  # so that the free slot holds a release, which is stopped
    witness = chain.shop.root.parent / f"reached-{chain.number}"
    old = next(iter(chain.answers().values()))
    with_fault(chain, f"{point}:stop:{witness}", witness)
    with customers(chain) as each:
        if move == "abort":
            bad(chain)
        else:
            chain.shop.sell(f"number {chain.number}")
        deployer = chain.shop.begin("ship", "--json")
        witness.unlink()
        until(lambda: witness.exists() and chain.frozen(), 60)
        assert witness.read_text() == point
        end(deployer, name, chain)
        true_within_five_seconds(chain, old)
        new = shipped(chain, f"after {chain.number}")
        settled(chain, new)
    if move != "halt":
        for host, tally in each.items():
            tally.lost_nothing()
            assert old in tally.tally["by_release"], host
    nothing_is_left(chain)


def with_fault(chain, fault, witness):
    """Keepers that are told of the fault; until its witness is removed nothing happens."""
    witness.touch()
    chain.kill_keepers()
    chain.shop.ecluse("status", env={"ECLUSE_FAULT": fault})


def bad(chain):
    chain.shop.write(
        "shop.py", "def application(environ, start_response):\n    start_response('500 No', [])\n    return []\n"
    )
    chain.shop.commit("feat: bad")


def end(deployer, name, chain):
    """The signal, then the keeper goes on. A stopped deployer wakes up after its lease."""
    deployer.send_signal(getattr(signal, f"SIG{name}"))
    host = chain.frozen()
    if name == "STOP":
        signal_keeper(chain, host)
        until(lambda: chain.status()["lease"] is None, 3 * LEASE)
        deployer.send_signal(signal.SIGCONT)
    else:
        signal_keeper(chain, host)
    out, err = deployer.communicate(timeout=60)
    codes = {"KILL": {-9}, "INT": {130, 3}, "HUP": {130, 3}, "STOP": {0, 3, 4, 5}}[name]
    assert deployer.returncode in codes | {0}, f"exit {deployer.returncode}\n{out}\n{err}"


def signal_keeper(chain, host):
    import os

    os.kill(chain.keeper(host), signal.SIGCONT)


KEEPERS = [
    pytest.param(point, marks=[] if point in {"route.after", "decide.before", "close.before"} else [pytest.mark.full])
    for point in POINTS
]


@pytest.mark.parametrize("point", KEEPERS)
def test_a_keeper_that_is_killed_harms_nobody(chains, point):
    """Its holder starts another, the deployer asks that one, and goes on or undoes."""
    move = point.partition(".")[0]
    chain = chains(move)
    chain.number += 1
    witness = chain.shop.root.parent / f"reached-{chain.number}"
    old = next(iter(chain.answers().values()))
    with_fault(chain, f"{point}:kill:{witness}", witness)
    with customers(chain) as each:
        if move == "abort":
            bad(chain)
        else:
            chain.shop.sell(f"number {chain.number}")
        deployer = chain.shop.begin("ship", "--json")
        witness.unlink()
        out, err = deployer.communicate(timeout=90)
        assert witness.read_text() == point
        assert deployer.returncode in {0, 3, 5}, f"exit {deployer.returncode}\n{out}\n{err}"
        true_within_five_seconds(chain, old)
        new = shipped(chain, f"after {chain.number}")
        settled(chain, new)
    if move != "halt":
        for tally in each.values():
            tally.lost_nothing()
    nothing_is_left(chain)


def true_within_five_seconds(chain, old):
    """Each host serves a release, and `status` names the one that an outsider sees."""

    def agrees():
        seen = {host["name"]: host["version"] for host in chain.status()["hosts"]}
        return seen == {f"hosts/{name}": version for name, version in chain.answers().items()}

    until(agrees, 5)
    assert not [text for text in chain.answers().values() if text.startswith("error")]


def settled(chain, version):
    status = chain.status()
    assert (status["phase"], status["health"], status["open"], status["lease"]) == ("serving", "healthy", None, None)
    assert {host["version"] for host in status["hosts"]} == {version}
    assert {host["drained_by"] for host in status["hosts"]} == {None}
    assert not [host["name"] for host in status["hosts"] if "drained" in host["balancers"].values()]


def nothing_is_left(chain):
    """One keeper and one holder a host, and no process that stands in no slot."""
    known = {host["name"]: host for host in chain.status()["hosts"]}
    for name in NAMES:
        found = chain.processes(name)
        assert sorted(kind for kind in found.values() if kind != "app") == ["holder", "keeper"], found
        told = {process["pid"] for slot in known[f"hosts/{name}"]["slots"] for process in slot["processes"]} - {None}
        apps = {pid for pid, kind in found.items() if kind == "app"}
        assert told <= apps
        assert all(has_ancestor(pid, told) for pid in apps), (told, apps)


def has_ancestor(pid, told):
    from pathlib import Path

    while pid > 1 and pid not in told:
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return pid in told
