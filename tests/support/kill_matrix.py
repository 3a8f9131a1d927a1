"""The deployer is ended in four ways at every boundary of the journal, or a keeper killed, on hosts under load.

The boundaries are those of the keeper's own list, so a new one is covered, or fails here, by itself. A keeper that
reaches the boundary stands still (SIGSTOP) until the deployer has got its signal: nothing is left to chance.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

from support.fleet import until

SIGNALS = ("KILL", "INT", "HUP", "STOP")
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
PLAIN = "plain"
KINDS = {"hold": "hold", "halt": "halt", "drain": "drain", "undrain": "drain"}
"""Of chains; for all other moves a plain one will do."""


def kind_for(point: str) -> str:
    return KINDS.get(point.partition(".")[0], PLAIN)


def ready(chain, folder: Path, *, lease: float) -> None:
    """A release with a migration serves. `folder` is where the keepers can leave their witness; `lease`, in seconds, is
    the environment's."""
    chain.lease = lease
    manifest = (chain.shop.root / "ecluse.toml").read_text()
    chain.shop.write("ecluse.toml", manifest.replace('name = "shop"', 'name = "shop"\nmigrate = "true"'))
    chain.shop.commit("feat: migrate")
    chain.number, chain.witnesses = 0, folder
    shipped(chain, "zero")


def shipped(chain, text: str) -> str:
    """A version that serves on all hosts, promoted where that is asked for."""
    if chain.status()["phase"] == "waiting":  # the deployer had done all it had to; a person decides
        chain.shop.json("undo", *chain.environment)
    chain.shop.sell(text)
    last = chain.shop.json("ship", *chain.environment)
    if last["outcome"] == "waiting":
        last = chain.shop.json("promote", *chain.environment)
    assert last["outcome"] in {"shipped", "deployed"}, last
    assert set(chain.answers().values()) == {last["version"]}
    return last["version"]


def end_the_deployer(chain, customers: Callable, point: str, name: str) -> None:
    """It is ended while a keeper is at the boundary: nobody is harmed, and the next ship puts all right."""
    move = point.partition(".")[0]
    chain.number += 1
    if move == "stop" and chain.number == 1:
        shipped(chain, "one")  # so that the free slot holds a release, which is stopped
    old = next(iter(chain.answers().values()))
    witness = with_fault(chain, f"{point}:stop")
    with customers(chain) as each:
        deployer = begun(chain, move)
        witness.unlink()
        until(lambda: witness.exists() and chain.frozen(), 60)
        assert witness.read_text() == point
        end(deployer, name, chain)
        is_true_soon(chain)
        new = shipped(chain, f"after {chain.number}")
        settled(chain, new)
    if move != "halt":
        for host, tally in each.items():
            tally.lost_nothing()
            assert old in tally.tally["by_release"], host
    nothing_is_left(chain)


def kill_a_keeper(chain, customers: Callable, point: str) -> None:
    """Its holder starts another, the deployer asks that one, and goes on or undoes."""
    move = point.partition(".")[0]
    chain.number += 1
    witness = with_fault(chain, f"{point}:kill")
    with customers(chain) as each:
        deployer = begun(chain, move)
        witness.unlink()
        out, err = deployer.communicate(timeout=90)
        assert witness.read_text() == point
        assert deployer.returncode in {0, 3, 5}, f"exit {deployer.returncode}\n{out}\n{err}"
        is_true_soon(chain)
        new = shipped(chain, f"after {chain.number}")
        settled(chain, new)
    if move != "halt":
        for tally in each.values():
            tally.lost_nothing()
    nothing_is_left(chain)


def with_fault(chain, fault: str) -> Path:
    """Keepers that are told of the fault; until the witness, which is returned, is removed nothing happens."""
    witness = chain.witnesses / f"reached-{chain.number}"
    witness.touch()
    chain.restart_keepers(f"{fault}:{witness}")
    return witness


def begun(chain, move: str):
    """A deployer on its way, with a release that is good, or bad where that leads to the move."""
    if move == "abort":
        bad(chain)
    else:
        chain.shop.sell(f"number {chain.number}")
    return chain.shop.begin("ship", *chain.environment, "--json")


def bad(chain) -> None:
    chain.shop.write(
        "shop.py", "def application(environ, start_response):\n    start_response('500 No', [])\n    return []\n"
    )
    chain.shop.commit("feat: bad")


def end(deployer, name: str, chain) -> None:
    """The signal, then the keeper goes on. A stopped deployer wakes up after its lease."""
    deployer.send_signal(getattr(signal, f"SIG{name}"))
    keeper = chain.keeper(chain.frozen())
    os.kill(keeper, signal.SIGCONT)
    if name == "STOP":
        until(lambda: chain.status()["lease"] is None, 3 * chain.lease)
        deployer.send_signal(signal.SIGCONT)
    out, err = deployer.communicate(timeout=60)
    codes = {"KILL": {-9}, "INT": {130, 3}, "HUP": {130, 3}, "STOP": {0, 3, 4, 5}}[name]
    assert deployer.returncode in codes | {0}, f"exit {deployer.returncode}\n{out}\n{err}"


def is_true_soon(chain) -> None:
    """Each host serves a release, and `status` names the one that an outsider sees."""

    def agrees():
        seen = {host["name"]: host["version"] for host in chain.status()["hosts"]}
        return seen == {chain.shown(name): version for name, version in chain.answers().items()}

    until(agrees, chain.settles)
    assert not [text for text in chain.answers().values() if text.startswith("error")]


def settled(chain, version: str) -> None:
    status = chain.status()
    assert (status["phase"], status["health"], status["open"], status["lease"]) == ("serving", "healthy", None, None)
    assert {host["version"] for host in status["hosts"]} == {version}
    assert {host["drained_by"] for host in status["hosts"]} == {None}
    assert not [host["name"] for host in status["hosts"] if "drained" in host["balancers"].values()]


def nothing_is_left(chain) -> None:
    """One keeper and one holder a host, and no process that stands in no slot."""
    known = {host["name"]: host for host in chain.status()["hosts"]}
    for name in chain.names:
        found = chain.processes(name)
        assert sorted(kind for kind in found.values() if kind != "app") == ["holder", "keeper"], found
        told = {process["pid"] for slot in known[chain.shown(name)]["slots"] for process in slot["processes"]} - {None}
        apps = {pid for pid, kind in found.items() if kind == "app"}
        assert told <= apps
        assert all(has_ancestor(pid, told) for pid in apps), (told, apps)


def has_ancestor(pid: int, told: set[int]) -> bool:
    while pid > 1 and pid not in told:
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return pid in told
