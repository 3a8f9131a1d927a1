"""What is done about a judgement, and how its numbers read."""

import pytest

from ecluse.model.judgement import Inconclusive, Measured, NotWorse, Share, Suspect, Worse, what_follows
from ecluse.model.rollout import AfterWatch

SUSPECT = Suspect(since=20, seen=Share(70, 1400), expected=0.0015, ratio=3.14e9, threshold=92_400)
ERRORS = Measured(signal="errors", new=Share(74, 5400), old=Share(18, 18_000), suspect=SUSPECT)


@pytest.mark.parametrize("unclear", AfterWatch)
def test_the_policy_is_for_what_is_inconclusive_alone(unclear):
    assert what_follows(Worse(measured=ERRORS, seconds=27), unclear) is AfterWatch.UNDO
    assert what_follows(NotWorse(measured=(ERRORS,)), unclear) is AfterWatch.PROMOTE
    assert what_follows(Inconclusive(measured=(), why=()), unclear) is unclear


def test_a_conviction_shows_the_numbers_it_was_made_from():
    assert Worse(measured=ERRORS, seconds=27).evidence == (
        "worse after 27 s; errors: 74 of 5,400 (1.37 %) in the new release, 18 of 18,000 (0.1 %) in the old",
        "errors: 70 of 1,400 (5 %) since second 20, at most 0.15 % expected; likelihood ratio 3.1e+09, 92,400 convicts",
    )


@pytest.mark.parametrize(
    ("new", "old", "said"),
    [
        (Share(0, 60), Share(1, 900), "answered 60 requests, 0 failed; not enough to be sure how it compares"),
        (Share(1, 1), Share(1, 900), "answered 1 request, 1 failed; not enough to be sure how it compares"),
        (Share(0, 60), Share(0, 0), "answered 60 requests, 0 failed; the release before has counted none to compare"),
        (Share(0, 0), Share(1, 900), "no request was counted"),
    ],
)
def test_counts_that_don_t_tell_are_said_in_plain_words_first(new, old, said):
    errors = Measured(signal="errors", new=new, old=old)
    first, *rest = Inconclusive(measured=(errors,), why=("errors: too few to tell",)).evidence
    assert first.startswith(said)
    assert rest == ["errors: too few to tell", str(errors)]


def test_a_share_of_nothing_is_none():
    assert str(Share()) == "0 of 0 (0 %)"
