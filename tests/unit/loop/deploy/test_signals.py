"""What is taken from the counters, and what the old release's counts allow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.loop.deploy.signals import TOLERATED_ERRORS, Tally, errors_expected, slow_expected, telling_bound
from ecluse.model.judgement import Share
from ecluse.model.observed import Counters
from ecluse.testing.traffic import Traffic, counters
from ecluse.wire.page import BOUNDS

EMPTY = (0,) * (len(BOUNDS) + 1)


def latencies(**buckets):
    counts = list(EMPTY)
    for name, count in buckets.items():
        counts[int(name[1:])] = count
    return tuple(counts)


def tally(buckets):
    return Tally(sum(buckets), 0, buckets)


def test_what_was_counted_before_is_taken_off():
    before = Tally(10, 1, latencies(b2=10))
    now = Tally(15, 3, latencies(b2=12, b4=3))
    assert now.since(before) == Tally(5, 2, latencies(b2=2, b4=3))


def test_counters_that_began_anew_are_all_new():
    assert Tally(5, 1, latencies(b2=5)).since(Tally(10, 1, latencies(b2=10))) == Tally(5, 1, latencies(b2=5))


def test_a_slot_without_counters_yet_is_no_mistake():
    assert Tally(5, 1, latencies(b2=5)).since(Tally.of(Counters())) == Tally(5, 1, latencies(b2=5))


def test_a_status_that_was_counted_before_its_latency_is_no_share_above_one():
    assert Tally(0, 1, EMPTY).failed == Share(1, 1)


@pytest.mark.parametrize(("requests", "at_least"), [(0, 0.12), (50, 0.06), (1000, 0.006), (100_000, TOLERATED_ERRORS)])
def test_the_fewer_requests_the_old_release_had_the_more_is_allowed(requests, at_least):
    assert at_least <= errors_expected(Share(0, requests)).null < at_least * 1.2


@given(st.integers(0, 100_000).flatmap(lambda n: st.builds(Share, st.integers(0, n), st.just(n))))
def test_what_is_tested_is_always_worse_than_what_is_expected(old):
    expected = errors_expected(old)
    assert all(expected.null < worse < 1 for worse in expected.worse)


@given(st.lists(st.integers(0, 10_000), min_size=len(EMPTY), max_size=len(EMPTY)).filter(lambda b: sum(b) >= 100))
def test_a_bound_is_found_for_any_latencies(buckets):
    old = tally(tuple(buckets))
    bound = telling_bound(old)
    assert bound is not None
    expected = slow_expected(old, bound)
    assert 0 < expected.null < expected.worse[0] < 1


@pytest.mark.parametrize("median", [0.002, 0.004, 0.012, 0.03, 0.045, 0.09, 0.4, 1.5])
def test_a_release_three_times_slower_moves_over_the_bound(median):
    old = Tally.of(counters(Traffic(rate=50, median=median), 600, BOUNDS, seed=1))
    slower = Tally.of(counters(Traffic(rate=50, median=3 * median), 600, BOUNDS, seed=2))
    bound = telling_bound(old)
    expected = slow_expected(old, bound)
    assert old.slower(bound).rate < expected.null
    assert slower.slower(bound).rate > 0.9 * expected.worse[0]


def test_too_few_latencies_choose_no_bound():
    assert telling_bound(tally(latencies(b5=99))) is None


def test_what_the_old_release_suffers_in_the_same_second_is_allowed():
    expected = errors_expected(Share(10, 10_000))
    assert expected.beside(Share(0, 10)) == expected
    assert expected.beside(Share(5, 10)).null == 0.5
    assert all(0.5 < worse < 1 for worse in expected.beside(Share(5, 10)).worse)
