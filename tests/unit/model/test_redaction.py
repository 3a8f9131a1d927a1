"""Secrets on a stream."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.model.redaction import Mask, masked


def streamed(secrets, *pieces):
    mask = Mask(secrets)
    return b"".join([*map(mask.feed, pieces), mask.rest()])


@pytest.mark.parametrize("at", range(1, 20))
def test_a_secret_is_found_wherever_the_stream_is_cut(at):
    text = b"say hunter2 and swordfish"
    assert streamed(["hunter2", "swordfish"], text[:at], text[at:]) == b"say [secret] and [secret]"


def test_of_two_secrets_that_begin_alike_the_longer_is_masked():
    assert streamed(["abcd", "abcdefgh"], b"abcd", b"efgh abcdx") == b"[secret] [secret]x"


def test_text_that_only_begins_like_a_secret_is_given_back():
    mask = Mask(["password"])
    assert mask.feed(b"pass") == b""
    assert mask.feed(b"age") == b"passage"
    assert mask.rest() == b""


def test_ordinary_text_is_not_held_back():
    assert Mask(["swordfish"]).feed(b"name: ") == b"name: "


def test_very_short_values_are_left_alone():
    assert streamed(["1", ""], b"10 tests") == b"10 tests"


@given(
    st.lists(st.text("ab", min_size=4, max_size=6), min_size=1, max_size=3),
    st.lists(st.text("ab", max_size=8), max_size=6),
)
def test_no_cut_lets_a_secret_through(secrets, pieces):
    shown = streamed(secrets, *[piece.encode() for piece in pieces])
    assert not any(secret.encode() in shown for secret in secrets)


def test_a_whole_text_is_masked_at_once():
    assert masked(b"it is hunter2", ["hunter2"]) == b"it is [secret]"
    assert masked(b"it is hunt", ["hunter2"]) == b"it is hunt"
