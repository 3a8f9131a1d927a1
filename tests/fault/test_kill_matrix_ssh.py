"""Deployers and keepers are ended at every boundary, on five hosts over SSH (tests/support/kill_matrix.py)."""

import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from ecluse.keeper.fault import POINTS
from support.kill_matrix import PLAIN, SIGNALS, end_the_deployer, kill_a_keeper, kind_for, ready
from support.remote_chain import customers, open_remote_chain
from support.ssh_hosts import required

pytestmark = [pytest.mark.fault, pytest.mark.network]
LEASE = 8
NAMES = ("web1", "web2", "web3", "web4", "web5")
ROLLOUT = {"hold": '[environments.production.rollout]\npromote = "manual"', "halt": 'strategy = "recreate"', PLAIN: ""}
HERE = [point for point in POINTS if kind_for(point) in ROLLOUT]
"""Those around a drain are played on hosts of this machine, where the balancer is."""
OFTEN = {("start.after", "HUP"), ("route.after", "KILL"), ("decide.after", "STOP"), ("close.before", "INT")}
"""Without `full`: each signal, before and after the decision."""


@pytest.fixture(scope="module")
def chains(tmp_path_factory):
    """One for each way in which traffic moves; used by one case after the other."""
    required()
    with ExitStack() as stack, tempfile.TemporaryDirectory(dir="/var/tmp") as shared:  # hosts have a /tmp of their own
        Path(shared).chmod(0o777)
        opened = {}

        def chain(kind):
            if kind not in opened:
                folder = tmp_path_factory.mktemp(kind)
                made = open_remote_chain(folder, *NAMES, lease=f"{LEASE}s", rollout=ROLLOUT[kind])
                opened[kind] = stack.enter_context(made)
                witnesses = Path(shared) / folder.name
                witnesses.mkdir()
                witnesses.chmod(0o777)
                ready(opened[kind], witnesses, lease=LEASE)
            return opened[kind]

        yield chain


def cases():
    for point in HERE:
        for name in SIGNALS:
            marks = [] if (point, name) in OFTEN else [pytest.mark.full]
            yield pytest.param(point, name, id=f"{point}-{name}", marks=marks)


@pytest.mark.parametrize(("point", "name"), list(cases()))
def test_a_deployer_that_is_ended_harms_nobody(chains, point, name):
    end_the_deployer(chains(kind_for(point)), customers, point, name)


KEEPERS = [
    pytest.param(point, marks=[] if point in {"route.after", "decide.before"} else [pytest.mark.full]) for point in HERE
]


@pytest.mark.parametrize("point", KEEPERS)
def test_a_keeper_that_is_killed_harms_nobody(chains, point):
    kill_a_keeper(chains(kind_for(point)), customers, point)
