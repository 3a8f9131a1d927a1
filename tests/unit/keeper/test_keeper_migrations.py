"""Commands that a real keeper runs as a move of a deployment: one at a time, and none that outlives it."""

import os

import pytest

from support.keeper_host import Orders, eventually

SLOW = 'echo $$ >> "$ECLUSE_STATE.begun"; sleep {seconds}; echo $$ >> "$ECLUSE_STATE.ended"'


@pytest.fixture
def client(host):
    """Makes connections of further deployers."""
    made = []

    def connect(grant=None):
        made.append(Orders(str(host.home)))
        made[-1].grant = grant
        return made[-1]

    yield connect
    for orders in made:
        orders.close()


@pytest.fixture
def opened(host):
    """Release 1 serves; the deployment of release 2 is open."""
    host.up().take()
    host.deploy(host.running("1"), "blue")
    host.orders("begin", deployment="d2", running=host.running("2"), slot="green")
    return host


def order(host, orders, version, seconds, **args):
    """Begin a migration, and wait until it runs."""
    before = pids(host, "begun")
    words = ["/bin/sh", "-c", SLOW.format(seconds=seconds)]
    orders.send("run", running=host.running(version), argv=words, seconds=60, **args)

    def begun():
        new = [pid for pid in pids(host, "begun") if pid not in before]
        assert new
        return new[0]

    return eventually(begun, 20, AssertionError)


def pids(host, moment):
    path = host.home / f"state.{moment}"
    return [int(pid) for pid in path.read_text().split()] if path.exists() else []


def result(orders):
    answer = orders.receive()
    assert answer["ok"], answer
    return answer["result"]


def ends(pid):
    def gone():
        assert not os.path.exists(f"/proc/{pid}")

    eventually(gone, 5, AssertionError)


def test_a_migration_that_runs_is_waited_for_and_not_run_beside(opened, client):
    dead = client(opened.orders.grant)
    order(opened, dead, "2", 1)
    other = client()
    other.holder = opened.orders.holder
    other.take()
    ran = other("run", running=opened.running("2"), argv=["/bin/sh", "-c", SLOW.format(seconds=1)], seconds=60)
    assert ran["exit_code"] == 0
    assert pids(opened, "begun") == pids(opened, "ended")
    assert len(pids(opened, "begun")) == 1
    assert "run" in other("observe")["open"]["made"]


def test_a_failed_migration_is_run_again(opened):
    words = ["/bin/sh", "-c", 'echo $$ >> "$ECLUSE_STATE.begun"; exit 1']
    for _ in range(2):
        assert opened.orders("run", running=opened.running("2"), argv=words, seconds=60)["exit_code"] == 1
    assert len(pids(opened, "begun")) == 2


def test_what_runs_for_a_vanished_deployer_ends_with_its_lease(opened, client):
    opened.orders.take(1.5)
    dead = client(opened.orders.grant)
    pid = order(opened, dead, "2", 60)

    def undone():
        assert opened.orders("observe")["open"] is None

    eventually(undone, 10, AssertionError)
    ends(pid)
    assert result(dead)["exit_code"] is None


def test_the_end_of_a_migration_is_no_move_of_the_next_deployment(opened, client):
    first = client(opened.orders.grant)
    ended = order(opened, first, "2", 60)
    opened.orders("abort", deployment="d2", why="no")
    opened.orders("begin", deployment="d3", running=opened.running("3"), slot="green")
    second = client(opened.orders.grant)
    order(opened, second, "3", 1)
    result(first)
    ends(ended)
    assert "run" not in opened.orders("observe")["open"]["made"]
    assert result(second)["exit_code"] == 0
    assert "run" in opened.orders("observe")["open"]["made"]


def test_a_command_of_before_is_no_move_of_the_deployment_that_was_begun_meanwhile(host, client):
    host.up().take()
    host.deploy(host.running("1"), "blue")
    detached = client(host.orders.grant)
    order(host, detached, "1", 1)
    host.orders("begin", deployment="d2", running=host.running("2"), slot="green")
    assert result(detached)["exit_code"] == 0
    assert host.orders("observe")["open"]["made"] == ["begin"]


def test_a_migration_that_was_killed_is_not_made(opened):
    words = ["/bin/sh", "-c", "kill -9 $$"]
    assert opened.orders("run", running=opened.running("2"), argv=words, seconds=60)["exit_code"] is None
    assert opened.orders("observe")["open"]["made"] == ["begin"]
