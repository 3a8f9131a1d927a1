"""Deployers and keepers are ended at every boundary, on three hosts of this machine (tests/support/kill_matrix.py)."""

from contextlib import ExitStack

import pytest

from ecluse.keeper.fault import MOVES, POINTS
from support.balancers import haproxy
from support.fleet import customers, open_chain
from support.kill_matrix import PLAIN, REACHED_BY, SIGNALS, end_the_deployer, kill_a_keeper, kind_for, ready
from support.ports import free_port

pytestmark = [pytest.mark.fault, pytest.mark.network]
LEASE = 4
BEHIND = """strategy = "rolling"
[environments.local.balancer]
kind = "haproxy"
listen = "127.0.0.1:{listen}"
socket = "{folder}/admin.sock"
drain = true
[environments.local.rollout]
wait = "100ms"
"""
ROLLOUT = {
    "hold": '[environments.local.rollout]\npromote = "manual"',
    "halt": 'strategy = "recreate"',
    "drain": BEHIND,
    PLAIN: "",
}


def test_every_boundary_is_covered():
    assert set(REACHED_BY) == set(MOVES)


@pytest.fixture(scope="module")
def chains(tmp_path_factory):
    """One for each way in which traffic moves; used by one case after the other."""
    opened, balancers = {}, ExitStack()

    def chain(kind):
        if kind not in opened:
            folder, listen = tmp_path_factory.mktemp(kind), free_port()
            rollout = ROLLOUT[kind].format(folder=folder, listen=listen)
            made = opened[kind] = open_chain(folder / "shop", ("a", "b", "c"), lease=f"{LEASE}s", rollout=rollout)
            if kind == "drain":
                balancers.enter_context(haproxy(folder, made.shop.ecluse("balancer", "render").stdout, listen))
            ready(made, folder, lease=LEASE)
        return opened[kind]

    yield chain
    for made in opened.values():
        made.end()
    balancers.close()


def cases():
    """One signal at each boundary in turn; every combination with `full`."""
    for at, point in enumerate(POINTS):
        for number, name in enumerate(SIGNALS):
            chosen = number == at % len(SIGNALS)
            yield pytest.param(point, name, id=f"{point}-{name}", marks=[] if chosen else [pytest.mark.full])


@pytest.mark.parametrize(("point", "name"), list(cases()))
def test_a_deployer_that_is_ended_harms_nobody(chains, point, name):
    end_the_deployer(chains(kind_for(point)), customers, point, name)


KEEPERS = [
    pytest.param(point, marks=[] if point in {"route.after", "decide.before", "close.before"} else [pytest.mark.full])
    for point in POINTS
]


@pytest.mark.parametrize("point", KEEPERS)
def test_a_keeper_that_is_killed_harms_nobody(chains, point):
    kill_a_keeper(chains(kind_for(point)), customers, point)
