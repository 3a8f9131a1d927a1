"""A body's last piece is called the last, however the server tells its end."""

import asyncio

import pytest

from ecluse.serving.bodies import ending_in_time

GONE = {"type": "http.disconnect"}


def pieces(*parts):
    """As granian tells a body: its parts, then an empty end."""
    return [*({"type": "http.request", "body": part, "more_body": True} for part in parts), END]


END = {"type": "http.request", "body": b"", "more_body": False}


def read(headers, told, *, times):
    """What an app that asks `times` gets, and how often the server was asked."""
    left = list(told)
    got = []

    async def receive():
        return dict(left.pop(0))

    async def app(_, receive, __):
        for _ in range(times):
            got.append(await receive())

    asyncio.run(ending_in_time(app)({"type": "http", "headers": headers}, receive, None))
    return got, len(told) - len(left)


def sized(number):
    return [(b"host", b"a"), (b"content-length", b"%d" % number)]


@pytest.mark.parametrize("headers", [[], sized(0)])
def test_no_body_costs_no_question(headers):
    assert read(headers, [*pieces(), GONE], times=1) == ([END], 0)


def test_a_small_body_costs_one_question():
    got, asked = read(sized(3), [*pieces(b"abc"), GONE], times=1)
    assert (got, asked) == ([{"type": "http.request", "body": b"abc", "more_body": False}], 1)


def test_only_the_last_piece_is_the_last():
    got, asked = read(sized(6), [*pieces(b"ab", b"cd", b"ef"), GONE], times=3)
    assert [(one["body"], one["more_body"]) for one in got] == [(b"ab", True), (b"cd", True), (b"ef", False)]
    assert asked == 3


@pytest.mark.parametrize(("headers", "parts"), [([], ()), (sized(3), (b"abc",))])
def test_after_the_body_only_news_come(headers, parts):
    got, _ = read(headers, [*pieces(*parts), GONE], times=2)
    assert got[-1] == GONE


def test_a_server_that_says_the_end_itself_is_not_asked_for_another():
    whole = {"type": "http.request", "body": b"abc", "more_body": False}
    assert read(sized(3), [whole, GONE], times=2) == ([whole, GONE], 2)


def test_a_client_that_leaves_in_the_middle_is_told_at_once():
    told = [*pieces(b"ab")[:1], GONE]
    assert read(sized(6), told, times=2)[0][-1] == GONE


def test_a_body_in_chunks_passes_as_it_is():
    told = pieces(b"ab", b"c")
    assert read([(b"transfer-encoding", b"chunked")], [*told, GONE], times=4) == ([*told, GONE], 4)


@pytest.mark.parametrize("kind", ["websocket", "lifespan"])
def test_what_is_not_http_keeps_its_own_receive(kind):
    seen = []

    async def app(_, receive, __):
        seen.append(receive)

    asyncio.run(ending_in_time(app)({"type": kind}, print, None))
    assert seen == [print]
