"""New against old, on counts: what convicts, what doesn't, and how soon. All traffic is made up, by seed."""

from dataclasses import replace
from functools import lru_cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.loop.deploy.judge import Sample, SequentialTest, judged
from ecluse.model.judgement import Inconclusive, NotWorse, Share, Worse
from ecluse.model.observed import Counters
from ecluse.testing.traffic import Traffic, counters, watched
from ecluse.wire.page import BOUNDS

RUNS = range(200)
WATCH = 60
HOUR = 3600.0
RATES = (5, 50, 200)
BASES = (0.0, 0.001, 0.01, 0.03)


def counted(requests, errors=0, bucket=4):
    buckets = [0] * (len(BOUNDS) + 1)
    buckets[bucket] = requests
    return Counters(requests=requests, statuses={"2xx": requests - errors, "5xx": errors}, buckets=tuple(buckets))


OLD = counted(100_000, errors=100)


def added(first, second):
    """The counters of both together."""
    return Counters(
        requests=first.requests + second.requests,
        statuses={name: first.statuses[name] + second.statuses[name] for name in first.statuses},
        buckets=tuple(map(sum, zip(first.buckets, second.buckets, strict=True))),
    )


def seconds(*added, old=OLD, every=1.0):
    """Samples of a release that counts `added` (requests, errors) between each two."""
    requests = errors = 0
    yield Sample(0, counted(0), old)
    for number, (more, bad) in enumerate(added, 1):
        requests, errors = requests + more, errors + bad
        yield Sample(number * every, counted(requests, errors), old)


@lru_cache(maxsize=1024)
def stream(before, after, turn, seed, stop=WATCH):
    return tuple(watched(before, after, turn, stop, BOUNDS, seed))


def watch(before, after=None, *, turn=WATCH, seed, baseline=HOUR, stop=WATCH):
    """The judgement of a release that behaves as `before`, and from second `turn` as `after`."""
    old = counters(before, baseline, BOUNDS, seed=-1 - seed)
    totals = stream(before, after or before, turn, seed, stop)
    return judged(SequentialTest(), (Sample(float(second), new, old) for second, new in enumerate(totals)))


def catches(before, after, *, within, turn, seeds=RUNS):
    """How many regressions are caught so many seconds after they begin."""
    judgements = (watch(before, after, turn=turn, seed=seed, stop=turn + within) for seed in seeds)
    return sum(isinstance(judgement, Worse) and judgement.seconds > turn for judgement in judgements)


@pytest.mark.once
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("base", BASES)
def test_an_unchanged_release_is_hardly_ever_convicted(rate, base):
    alarms = sum(isinstance(watch(Traffic(rate=rate, errors=base), seed=seed), Worse) for seed in RUNS)
    assert alarms <= 1


@pytest.mark.once
@pytest.mark.parametrize("base", [0.01, 0.03])
@pytest.mark.parametrize("baseline", [0.0, 10.0, 60.0])
def test_a_small_baseline_is_no_reason_for_an_alarm(base, baseline):
    same = Traffic(rate=5, errors=base)
    alarms = sum(isinstance(watch(same, seed=seed, baseline=baseline), Worse) for seed in RUNS)
    assert alarms <= 1


@pytest.mark.parametrize("base", [0.0, 0.001, 0.01])
def test_five_percent_of_errors_after_20_s_are_caught_within_15_s(base):
    good, bad = Traffic(rate=200, errors=base), Traffic(rate=200, errors=0.05)
    assert catches(good, bad, within=15, turn=20, seeds=RUNS[:70]) == 70


@pytest.mark.parametrize("median", [0.004, 0.02, 0.3])
@pytest.mark.once
def test_answers_three_times_slower_after_20_s_are_caught_within_15_s(median):
    good, bad = Traffic(rate=200, median=median), Traffic(rate=200, median=3 * median)
    assert catches(good, bad, within=15, turn=20, seeds=RUNS[:70]) == 70


@pytest.mark.parametrize("base", [0.01, 0.03])
@pytest.mark.once
def test_20_times_the_errors_are_caught_within_40_s_at_5_requests_a_second(base):
    good, bad = Traffic(rate=5, errors=base), Traffic(rate=5, errors=20 * base)
    assert catches(good, bad, within=40, turn=0) > 190


@pytest.mark.once
def test_a_regression_that_is_missed_at_little_traffic_is_not_called_fine():
    good, bad = Traffic(rate=5, errors=0.01), Traffic(rate=5, errors=0.04)
    missed = sum(isinstance(watch(good, bad, turn=0, seed=seed), NotWorse) for seed in RUNS)
    assert missed <= 2


def canary(before, after, *, turn, seed, share, stop=WATCH):
    """As `watch`, with both releases serving at once: `share` of the requests go to the new one."""
    few, bad = replace(before, rate=share * before.rate), replace(after, rate=share * after.rate)
    most = replace(before, rate=before.rate - few.rate)
    old = counters(before, HOUR, BOUNDS, seed=-1 - seed)
    pairs = zip(stream(few, bad, turn, seed, stop), stream(most, most, stop, 1000 + seed, stop), strict=True)
    return judged(SequentialTest(), (Sample(float(at), new, added(old, now)) for at, (new, now) in enumerate(pairs)))


@pytest.mark.once
def test_a_canary_is_judged_beside_the_release_that_it_would_replace():
    good = Traffic(rate=200, errors=0.001)
    bad = replace(good, errors=0.05)
    alarms = [canary(good, good, turn=WATCH, seed=seed, share=0.1) for seed in RUNS[:100]]
    caught = [canary(good, bad, turn=20, seed=seed, share=0.1, stop=40) for seed in RUNS[:50]]
    assert sum(isinstance(judgement, Worse) for judgement in alarms) == 0
    assert sum(isinstance(judgement, Worse) for judgement in caught) >= 48


@given(st.integers(1, 400), st.integers(0, 59), st.sampled_from([counted(0), counted(50), OLD, counted(10**7)]))
def test_a_single_error_never_convicts(requests, at, old):
    added = [(requests, int(second == at)) for second in range(60)]
    assert not isinstance(judged(SequentialTest(), seconds(*added, old=old)), Worse)


@given(st.integers(1, 400), st.integers(0, 59))
def test_a_burst_within_one_second_never_convicts(requests, at):
    added = [(requests, requests * (second == at)) for second in range(60)]
    assert not isinstance(judged(SequentialTest(), seconds(*added)), Worse)


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 3)).map(sorted).map(reversed), max_size=60))
def test_worse_is_final(added):
    judge = SequentialTest()
    convicted = None
    for sample in seconds(*added):
        judge = judge.after(sample)
        convicted = convicted or (judge.judgement if isinstance(judge.judgement, Worse) else None)
        assert convicted in {None, judge.judgement}


def test_a_release_that_fails_always_is_convicted_in_three_seconds():
    judgement = judged(SequentialTest(), seconds(*[(20, 20)] * 60))
    assert isinstance(judgement, Worse)
    assert judgement.seconds <= 4


def test_samples_that_come_faster_than_each_second_are_taken_together():
    often = judged(SequentialTest(), seconds(*[(4, 4)] * 60, every=0.2))
    assert often.seconds == judged(SequentialTest(), seconds(*[(20, 20)] * 12)).seconds


def test_health_checks_before_the_watch_are_not_judged():
    samples = (Sample(second, counted(40, errors=40), OLD) for second in range(10))
    judgement = judged(SequentialTest(), samples)
    assert isinstance(judgement, Inconclusive)
    assert judgement.measured[0].new == Share(0, 0)


def test_a_first_release_is_judged_by_what_is_usual():
    nothing = Counters()
    assert isinstance(judged(SequentialTest(), seconds(*[(20, 10)] * 20, old=nothing)), Worse)
    assert not isinstance(judged(SequentialTest(), seconds(*[(20, 1)] * 20, old=nothing)), Worse)


def test_trouble_that_both_releases_have_at_once_convicts_nobody():
    def totals(second, share):
        bad = max(0, second - 10) * 20
        return counted(second * share + 10_000, errors=bad * share // 100)

    samples = [Sample(second, totals(second, 100), totals(second, 900)) for second in range(40)]
    assert not isinstance(judged(SequentialTest(), samples), Worse)
    alone = [Sample(second, totals(second, 100), counted(10_000)) for second in range(40)]
    assert isinstance(judged(SequentialTest(), alone), Worse)


def test_the_evidence_says_since_when():
    judgement = judged(SequentialTest(), seconds(*[(200, 0)] * 20, *[(200, 10)] * 15))
    assert judgement.evidence[0] == (
        "worse after 25 s; errors: 50 of 5,000 (1 %) in the new release, 100 of 100,000 (0.1 %) in the old"
    )
    assert "50 of 1,000 (5 %) since second 20, at most 0.142 % expected" in judgement.evidence[1]


def test_a_release_that_was_asked_enough_is_not_worse():
    judgement = judged(SequentialTest(), seconds(*[(200, 0)] * 60))
    assert isinstance(judgement, NotWorse)
    assert judgement.evidence[0] == "errors: 0 of 12,000 (0 %) in the new release, 100 of 100,000 (0.1 %) in the old"


def test_too_few_requests_are_inconclusive_and_say_what_they_leave_open():
    judgement = judged(SequentialTest(), seconds(*[(1, 0)] * 60))
    assert isinstance(judgement, Inconclusive)
    assert judgement.evidence[1].startswith("errors: too few to tell: 60 requests, up to 4.87 % is possible")


def test_latencies_that_nothing_can_be_compared_with_are_inconclusive():
    judgement = judged(SequentialTest(), seconds(*[(200, 0)] * 60, old=counted(20)))
    assert judgement.why == ("latency: the old release has counted 20 requests, 100 are needed",)


def test_a_release_that_has_just_turned_suspicious_is_not_acquitted():
    judgement = judged(SequentialTest(), seconds(*[(200, 0)] * 57, *[(200, 10)] * 3))
    assert isinstance(judgement, Inconclusive)
    assert "since second 57" in judgement.evidence[1]


def test_without_a_sample_nothing_is_known():
    assert SequentialTest().judgement == Inconclusive(measured=(), why=("nothing was counted",))
