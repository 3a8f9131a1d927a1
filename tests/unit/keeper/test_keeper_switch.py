"""The dead-man switch of a real keeper, and whoever comes while it asks for health."""

import time

import pytest

from support.keeper_host import WEB, Orders, eventually, weights

SLOW = WEB.replace("import http.server", "import time\nimport http.server").replace(
    "        body = os", "        time.sleep(1)\n        body = os"
)
ILL = {"path": "/", "host": "localhost", "statuses": [418], "body": "", "seconds": 5}


@pytest.fixture
def other(host):
    """Another deployer; whatever it took is given back, so that the host can be shut."""
    host.up()
    orders = Orders(str(host.home))
    yield orders
    if orders.grant:
        orders("give_back")
    orders.close()


def test_who_takes_the_lease_while_it_asks_finds_the_deployment_open(host, other):
    host.orders.take()
    host.deploy({**host.running("1", web=SLOW), "health": ILL}, "blue")
    host.orders("begin", deployment="d2", running=host.running("2"), slot="green")
    host.orders("start", running=host.running("2"), slot="green")
    host.healthy("green", "2")
    host.orders("route", **weights("green"))
    host.orders.take(0.5)
    time.sleep(1.5)  # it asks blue three times, which takes three seconds
    other.take()
    time.sleep(4)
    assert other("observe")["open"]["id"] == "d2"
    assert host.slot("green")["weight"] == 100
    other("give_back")
    seen = eventually(lambda: closed(other), 20, AssertionError)
    assert seen["finished"][-1]["outcome"] == "committed"


def closed(orders):
    seen = orders("observe")
    assert seen["open"] is None
    return seen
