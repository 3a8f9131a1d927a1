"""Real ASGI servers behind the launcher."""

from __future__ import annotations

import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect

from support.served import Served, eventually

pytestmark = pytest.mark.live


@pytest.fixture(scope="module", params=["granian", "uvicorn"])
def served(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    with Served(folder, "asgi_app:app", interface="asgi", server=request.param) as served:
        yield served


@pytest.fixture
def lame(served):
    served.page.phase = 1
    yield served
    served.page.phase = 0


def test_only_a_private_probe_learns_the_release_unless_stamps_are_on(served):
    stamps = [served.ask(source=source).headers.get("x-release") for source in ("127.0.0.1", "127.0.0.2", "127.0.0.3")]
    assert stamps == [None, "1.2.3", "1.2.3"]


def test_the_lifespan_starts_once_in_each_worker(served):
    assert served.ask("/started").body == b"1"


def test_a_body_arrives_whole(served):
    assert served.ask("/echo", method="POST", body=b"z" * 3_000_000).body == b"3000000"


@pytest.mark.parametrize("size", [0, 1, 300_000])
def test_bodies_follow_each_other_on_one_connection(served, size):
    with served.connect() as connection:
        told = [connection.ask("/echo", method="POST", body=b"z" * size).body for _ in range(3)]
        assert told == [str(size).encode()] * 3


def test_a_body_in_chunks_arrives_whole(served):
    with served.connect() as connection:
        connection.sends(b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        connection.sends(b"4\r\ndefg\r\n0\r\n\r\n")
        assert connection.end("POST").body == b"7"


@pytest.mark.parametrize("head", [b"GET /waits HTTP/1.1\r\n", b"POST /waits HTTP/1.1\r\nContent-Length: 3\r\n"])
def test_after_its_body_an_app_learns_that_the_client_left(served, head):
    before = served.output.count("a request began"), served.output.count("then came http.disconnect")
    with served.connect() as connection:
        connection.sends(head + b"Host: a\r\n\r\n" + (b"abc" if head.startswith(b"POST") else b""))
        assert eventually(lambda: served.output.count("a request began") == before[0] + 1)
    assert eventually(lambda: served.output.count("then came http.disconnect") == before[1] + 1)


def test_a_stream_arrives_in_pieces(served):
    assert served.ask("/events").body == b"data: 0\n\ndata: 1\n\ndata: 2\n\n"


def test_an_app_that_raises_is_counted_and_answered(served):
    before = served.page.totals().fields["5xx"]
    assert served.ask("/fails").status == 500
    assert eventually(lambda: served.page.totals().fields["5xx"] == before + 1)
    assert eventually(lambda: "this path always fails" in served.output)


@pytest.mark.parametrize("path", ["/", "/opinionated", "/events"])
def test_while_lame_each_answer_closes_its_connection(lame, path):
    with lame.connect() as connection:
        assert connection.ask(path).headers["connection"] == "close"
        assert connection.is_closed(5)


def test_an_idle_connection_outlives_the_switch_and_may_still_post(served):
    with served.connect() as connection:
        connection.ask("/")
        served.page.phase = 1
        try:
            assert not connection.is_closed(1)
            answer = connection.ask("/echo", method="POST", body=b"abc")
        finally:
            served.page.phase = 0
        assert (answer.body, answer.headers["connection"]) == (b"3", "close")


def test_a_websocket_ends_with_service_restart(served):
    with connect(f"ws://127.0.0.1:{served.port}/") as socket:
        socket.send("hi")
        assert socket.recv(10) == "hi"
        assert served.page.totals().fields["websockets"] == 1
        served.page.phase = 1
        try:
            with pytest.raises(ConnectionClosedError) as closed:
                socket.recv(10)
        finally:
            served.page.phase = 0
    assert closed.value.rcvd.code == 1012
    assert eventually(lambda: "disconnected with 1012" in served.output)
    assert eventually(lambda: served.page.totals().fields["websockets"] == 0)
