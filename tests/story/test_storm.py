"""Swap after swap under kept-alive connections, GET and POST, by clients that never retry.

The full storm (50 deploys, 10 rollbacks) is `benchmarks/storm.py`.
"""

import time

import pytest

from support.shop import Customers

pytestmark = pytest.mark.network

DEPLOYS = 5


def test_no_request_is_lost_or_answered_by_an_old_release(serving):
    spans = [(serving.get()[1], 0.0)]  # (what serves, since when the command reported it done)
    with Customers(serving.url, connections=32) as customers:
        for number in range(DEPLOYS):
            serving.sell(f"number {number}")
            spans.append((serving.json("ship")["version"], time.time()))
        spans.append((serving.json("rollback")["version"], time.time()))
        time.sleep(0.3)
    customers.lost_nothing()
    assert len(customers.tally["by_release"]) == DEPLOYS + 1, "every release had its share"
    for opened, release in customers.tally["openings"]:
        assert release in allowed(opened, spans)


def allowed(opened, spans):
    """What may answer a connection opened then: the release that serves, and the one that is on its way."""
    before = [version for version, since in spans if since <= opened]
    after = [version for version, since in spans if since > opened]
    return {*before[-1:], *after[:1]}
