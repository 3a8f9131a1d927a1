"""A fixed limit on the error rate."""

from ecluse.loop.deploy.judge import Sample, judged
from ecluse.loop.deploy.threshold import FixedThreshold
from ecluse.model.judgement import Inconclusive, NotWorse, Worse
from ecluse.model.observed import Counters


def seconds(*totals):
    """Samples of a release that has counted so many (requests, errors)."""
    return [
        Sample(float(second), Counters(requests=requests, statuses={"5xx": errors}), Counters())
        for second, (requests, errors) in enumerate([(0, 0), *totals])
    ]


def test_a_release_above_the_limit_is_convicted_once_and_for_all():
    judgement = judged(FixedThreshold(), seconds((20, 1), (2000, 1)))
    assert isinstance(judgement, Worse)
    assert judgement.evidence == ("worse after 1 s; errors: 1 of 20 (5 %) in the new release, 0 of 0 (0 %) in the old",)


def test_a_release_below_the_limit_is_not_worse():
    assert isinstance(judged(FixedThreshold(limit=0.1), seconds((20, 1), (40, 2))), NotWorse)


def test_a_few_requests_are_inconclusive():
    judgement = judged(FixedThreshold(), seconds((5, 1), (10, 1)))
    assert isinstance(judgement, Inconclusive)
    assert judgement.evidence[1] == "10 requests, 20 are needed"


def test_without_a_sample_nothing_is_known():
    assert isinstance(FixedThreshold().judgement, Inconclusive)
