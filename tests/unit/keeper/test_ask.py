"""A private question, put to servers that answer well, badly, or not at all."""

import asyncio
import base64
import contextlib

import pytest

from ecluse.keeper.ask import MOST, ask
from ecluse.wire.codes import OrderError

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
QUESTION = {"path": "/health?x=1", "host": "example.org", "seconds": 5}


def answered(*pieces, question=QUESTION, hold=False):
    """What `ask` says of a server that reads the request and writes these pieces; and the request."""
    seen = {}

    async def serve(reader, writer):
        seen["from"] = writer.get_extra_info("peername")[0]
        seen["request"] = (await reader.readuntil(b"\r\n\r\n")).decode()
        for piece in pieces:
            writer.write(piece)
        with contextlib.suppress(ConnectionError):  # who asked may have heard enough
            await writer.drain()
        if hold:
            await reader.read()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        seen["served"].set()

    async def story():
        seen["served"] = asyncio.Event()
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            answer = await ask("0.0.0.0", port, "green", question)
            await asyncio.wait_for(seen["served"].wait(), 20)
            return answer

    answer = asyncio.run(story())
    answer["body"] = base64.b64decode(answer["body"])
    return answer, seen


def test_the_question_comes_from_the_slots_own_address():
    answer, seen = answered(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Release: 7\r\n\r\nok")
    assert (answer["status"], answer["body"], answer["why"]) == (200, b"ok", "")
    assert answer["headers"]["x-release"] == "7"
    assert seen["from"] == "127.0.0.3"
    assert seen["request"].startswith("GET /health?x=1 HTTP/1.1\r\nHost: example.org\r\n")


@pytest.mark.parametrize(
    ("pieces", "status", "body"),
    [
        ([b"HTTP/1.0 404 Not Found\r\n\r\nuntil the end"], 404, b"until the end"),
        ([b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 204 No Content\r\n\r\n"], 204, b""),
        (
            [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"],
            200,
            b"abcde",
        ),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"], 200, b""),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x" * 100000], 200, b"x" * MOST),
        ([b"HTTP/1.1 200 OK\r\n\r\n", b"y" * 100000], 200, b"y" * MOST),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n11000\r\n", b"z" * 0x11000], 200, b"z" * MOST),
    ],
)
def test_every_way_to_end_an_answer_is_understood(pieces, status, body):
    answer, _ = answered(*pieces)
    assert (answer["status"], answer["why"]) == (status, "")
    assert answer["body"] == body


@pytest.mark.parametrize(
    ("pieces", "why"),
    [
        ([b"SSH-2.0-x\r\n\r\n"], "the answer is no HTTP"),
        ([b"HTTP/1.1 nonsense\r\n\r\n"], "the answer is no HTTP"),
        ([], "the connection ended before the answer did"),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"], "the connection ended before the answer did"),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"], "a chunk without a size"),
        ([b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200000 + b"\r\n\r\n"], "the connection ended before the answer did"),
    ],
)
def test_what_is_no_answer_says_why(pieces, why):
    answer, _ = answered(*pieces)
    assert (answer["status"], answer["why"]) == (0, why)


def test_a_server_that_keeps_silent_is_given_up():
    answer, _ = answered(question={**QUESTION, "seconds": 0.2}, hold=True)
    assert (answer["status"], answer["why"]) == (0, "no answer within 0.2 s")


def test_nobody_listening_is_said():
    answer = asyncio.run(ask("127.0.0.1", 1, "blue", QUESTION))
    assert answer["status"] == 0
    assert "refused" in answer["why"].lower() or "connect" in answer["why"].lower()


@pytest.mark.parametrize("bad", [{"path": "/a b"}, {"host": "x\r\nEvil: 1"}])
def test_a_question_can_not_smuggle_lines(bad):
    with pytest.raises(OrderError) as error:
        answered(question={**QUESTION, **bad})
    assert error.value.code == "K002"


def test_ipv6_alone_is_refused():
    with pytest.raises(OrderError, match="IPv6"):
        asyncio.run(ask("::1", 1, "blue", QUESTION))
