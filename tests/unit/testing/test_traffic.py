"""Made-up traffic behaves as it says."""

from itertools import pairwise

import pytest

from ecluse.testing.traffic import Traffic, counters, watched

BOUNDS = (0.01, 0.02, 0.05)


def seconds(traffic, *, until=60, seed=1):
    return list(watched(traffic, traffic, until, until, BOUNDS, seed))


def test_the_same_seed_makes_the_same_traffic():
    assert seconds(Traffic(rate=20, errors=0.1)) == seconds(Traffic(rate=20, errors=0.1))
    assert seconds(Traffic(rate=20)) != seconds(Traffic(rate=20), seed=2)


def test_totals_only_grow_and_each_request_is_in_one_bucket():
    totals = seconds(Traffic(rate=20, errors=0.1))
    assert len(totals) == 61
    for before, now in pairwise(totals):
        assert all(more >= less for more, less in zip(now.buckets, before.buckets, strict=True))
        assert now.requests == sum(now.buckets) == sum(now.statuses.values())


@pytest.mark.parametrize("errors", [0.0, 0.05, 1.0])
@pytest.mark.parametrize("rate", [5, 500])
def test_rates_are_what_was_asked_for(rate, errors):
    for total in (seconds(Traffic(rate=rate, errors=errors), until=400)[-1],
                  counters(Traffic(rate=rate, errors=errors), 400, BOUNDS, seed=1)):  # fmt: skip
        assert total.requests == pytest.approx(400 * rate, rel=0.1)
        assert total.statuses["5xx"] == pytest.approx(errors * total.requests, rel=0.3)


def test_half_of_all_requests_are_faster_than_the_median():
    total = counters(Traffic(rate=200, median=0.02, tail=0.0), 60, BOUNDS, seed=1)
    assert sum(total.buckets[:2]) == pytest.approx(total.requests / 2, rel=0.05)


def test_a_release_changes_its_ways_when_its_turn_comes():
    good, bad = Traffic(rate=100), Traffic(rate=100, errors=1.0)
    totals = list(watched(good, bad, 5, 10, BOUNDS, seed=1))
    assert totals[5].statuses["5xx"] == 0
    assert totals[10].statuses["5xx"] == totals[10].requests - totals[5].requests
