"""What a real keeper runs for a deployer ends with that deployer: one-off commands, and the builds of a staging."""

import os
from pathlib import Path

import pytest

from support.keeper_host import Orders, eventually

SLEEP = ["/bin/sh", "-c", 'echo $$ >> "$ECLUSE_STATE.begun"; sleep 300']


@pytest.fixture
def other(host, staged):
    """A second connection; whatever it took is given back, so that the host can be shut."""
    orders = Orders(str(host.home))
    yield orders
    if orders.grant:
        orders("give_back")
    orders.close()


def begun(host, count=1):
    """The processes that were begun, once so many are."""

    def look():
        found = Path(str(host.home / "state") + ".begun").read_text().split()
        assert len(found) >= count
        return [int(pid) for pid in found]

    return eventually(look, 20, AssertionError, OSError)


def ended(pids, within=10):
    def look():
        assert not [pid for pid in pids if lives(pid)]

    eventually(look, within, AssertionError)


def lives(pid):
    try:
        return Path("/proc/%d/stat" % pid).read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def building(release, staged):
    return {**staged, "release": {**staged["release"], "id": release}, "commands": [SLEEP]}


def test_a_command_that_is_given_up_has_ended_when_that_is_answered(host, staged, other):
    host.orders.send("run", running=staged, argv=SLEEP, seconds=300)
    (pid,) = begun(host)
    other.grant = host.orders.grant
    other("give_up")
    assert not lives(pid)
    assert host.orders.receive()["result"]["exit_code"] is None


def test_a_staging_that_is_given_up_ends_its_build(host, staged, bundle, other):
    host.orders.send("stage", release="s-2", bundle=bundle, running=building("s-2", staged))
    (pid,) = begun(host)
    other.grant = host.orders.grant
    other("give_up")
    assert not lives(pid)
    assert not last(host.orders)["ok"]


def test_of_two_stagings_none_goes_on(host, staged, bundle, other):
    """The second one waits for the end of the first."""
    for number in (2, 3):
        host.orders.send("stage", release="s-%d" % number, bundle=bundle, running=building("s-%d" % number, staged))
    begun(host)
    other.grant = host.orders.grant
    other("give_up")
    ended(begun(host))
    assert [last(host.orders)["ok"], last(host.orders)["ok"]] == [False, False]


@pytest.mark.parametrize("order", ["run", "stage"])
def test_what_is_under_way_ends_with_the_lease(host, staged, bundle, other, order):
    host.orders.take(1)
    send(host, order, staged, bundle)
    ended(begun(host))


@pytest.mark.parametrize("order", ["run", "stage"])
def test_what_is_under_way_ends_when_another_takes_over_from_the_dead(host, staged, bundle, other, order):
    host.orders.holder = {**host.orders.holder, "pid": gone()}
    host.orders.take(60)
    send(host, order, staged, bundle)
    pids = begun(host)
    other.take()
    ended(pids)


def test_whoever_takes_it_again_loses_no_work(host, staged, other):
    host.orders.send("run", running=staged, argv=SLEEP, seconds=300)
    (pid,) = begun(host)
    other.holder = host.orders.holder
    other.take()
    assert lives(pid)
    other("give_up")


def send(host, order, staged, bundle):
    if order == "run":
        host.orders.send("run", running=staged, argv=SLEEP, seconds=300)
    else:
        host.orders.send("stage", release="s-2", bundle=bundle, running=building("s-2", staged))


def last(orders):
    while "ok" not in (answer := orders.receive()):
        pass
    return answer


def gone():
    """The number of a process that has ended."""
    pid = os.fork()
    if not pid:
        os._exit(0)
    os.waitpid(pid, 0)
    return pid
