"""Bounds on a rate, and the ratio with many starting points."""

from math import comb, exp, isclose, log

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ecluse.loop.deploy.likelihood import Second, Suspicion, highest, log_ratio, lowest, odds_times, price
from ecluse.model.judgement import Share

RATES = st.floats(0.001, 0.5)
SHARES = st.integers(1, 100_000).flatmap(lambda requests: st.builds(Share, st.integers(0, requests), st.just(requests)))


def second(number, hits, requests=10):
    return Second(number, float(number), Share(hits, requests))


def folded(hits, *, null=0.01, worse=0.1, most=20):
    suspicion = Suspicion()
    for number, bad in enumerate(hits):
        suspicion = suspicion.after(second(number, bad), null, worse, most)
    return suspicion


@given(SHARES)
def test_the_rate_lies_between_its_bounds(share):
    assert 0 <= lowest(share, 0.05) <= share.rate <= highest(share, 0.05) <= 1


@given(SHARES, st.floats(1e-6, 0.5))
def test_less_doubt_means_wider_bounds(share, doubt):
    assert highest(share, doubt / 2) >= highest(share, doubt)
    assert lowest(share, doubt / 2) <= lowest(share, doubt)


def test_without_requests_anything_is_possible():
    assert (lowest(Share(), 0.05), highest(Share(), 0.05)) == (0, 1)


@pytest.mark.parametrize("share", [Share(0, 50), Share(1, 50), Share(3, 300), Share(20, 100), Share(99, 100)])
@pytest.mark.parametrize("doubt", [0.05, 0.001])
def test_at_the_highest_rate_so_few_hits_are_as_rare_as_promised(share, doubt):
    rate = highest(share, doubt)
    n = share.requests
    assert sum(comb(n, hits) * rate**hits * (1 - rate) ** (n - hits) for hits in range(share.hits + 1)) <= doubt


@given(RATES, st.floats(1.1, 100))
def test_a_rate_stays_one_whatever_its_odds_are_multiplied_by(rate, factor):
    assert rate < odds_times(rate, factor) < 1


@given(RATES, RATES, st.integers(1, 100))
def test_the_ratio_of_an_unchanged_release_is_one_on_average(null, worse, requests):
    assume(null < worse)
    chances = [comb(requests, hits) * null**hits * (1 - null) ** (requests - hits) for hits in range(requests + 1)]
    ratios = [exp(log_ratio(Share(hits, requests), null, worse)) for hits in range(requests + 1)]
    assert isclose(sum(map(float.__mul__, chances, ratios)), 1, rel_tol=1e-6)


@given(st.integers(1, 3000))
def test_all_starts_together_pay_no_more_than_one_test(starts):
    assert sum(exp(-price(start)) for start in range(starts)) < 1


def test_good_seconds_begin_the_test_anew():
    suspicion = folded([0, 0, 0, 4])
    assert (suspicion.since, suspicion.seen) == (3, Share(4, 10))


def test_bad_seconds_are_taken_together():
    suspicion = folded([0, 0, 4, 4, 4])
    assert (suspicion.since, suspicion.seen) == (2, Share(12, 30))


def test_a_second_multiplies_the_ratio_by_the_most_that_it_may():
    assert isclose(folded([10], most=20).ratio(), 20)


def test_a_late_start_needs_a_higher_ratio():
    assert isclose(folded([0] * 20 + [10]).threshold(0.01), 100 * 21 * 22)


@given(st.lists(st.integers(0, 10), min_size=1, max_size=60))
def test_the_best_start_is_as_good_as_any(hits):
    terms = [min(log(20), log_ratio(Share(bad, 10), 0.01, 0.1)) for bad in hits]
    best = max(sum(terms[start:]) - price(start) for start in range(len(terms)))
    assert isclose(folded(hits).score, best, abs_tol=1e-9)
