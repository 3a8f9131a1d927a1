"""Files that real servers send, behind the launcher, in front of an app."""

import pytest

from support.served import Served, eventually

pytestmark = pytest.mark.live
LONG = bytes(range(256)) * 4096


@pytest.fixture(
    scope="module", params=[("wsgi", "granian"), ("wsgi", "gunicorn"), ("asgi", "granian"), ("asgi", "uvicorn")]
)
def served(request, tmp_path_factory):
    interface, server = request.param
    folder = tmp_path_factory.mktemp(server)
    files = folder / "files"
    files.mkdir()
    (files / "é x.css").write_bytes(b"body{}")
    (files / "long.bin").write_bytes(LONG)
    mounted = ("--static", f"/static/={files}")
    with Served(folder, f"{interface}_app:app", "--stamp", *mounted, interface=interface, server=server) as served:
        yield served


def test_a_file_is_sent_stamped_and_counted(served):
    before = served.page.totals().fields["requests"] if served.ask("/").status == 200 else 0
    answer = served.ask("/static/%C3%A9%20x.css")
    assert (answer.status, answer.body) == (200, b"body{}")
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["x-release"] == "1.2.3"
    assert eventually(lambda: served.page.totals().fields["requests"] > before)


def test_a_long_file_arrives_whole_with_its_length(served):
    answer = served.ask("/static/long.bin")
    assert answer.body == LONG
    assert answer.headers["content-length"] == str(len(LONG))


def test_what_is_no_file_is_the_app_s(served):
    assert served.ask("/static/none").body == served.ask("/").body


@pytest.mark.parametrize("path", ["/static/%2e%2e/output", "/static/..%2foutput", "/static/../output"])
def test_there_is_no_way_out(served, path):
    assert served.ask(path).body == served.ask("/").body


def test_head_and_not_modified_leave_the_connection_in_order(served):
    with served.connect() as connection:
        head = connection.ask("/static/long.bin", method="HEAD")
        assert head.headers["content-length"] == str(len(LONG))
        stream = connection._stream
        stream.sendall(
            f"GET /static/long.bin HTTP/1.1\r\nHost: t\r\nIf-None-Match: {head.headers['etag']}\r\n\r\n".encode()
        )
        assert connection.end("HEAD").status == 304
        stream.sendall(b"GET /static/long.bin HTTP/1.1\r\nHost: t\r\nRange: bytes=1-3\r\n\r\n")
        part = connection.end()
        assert (part.status, part.body) == (206, b"\1\2\3")


def test_while_lame_a_file_closes_its_connection(served):
    served.page.phase = 1
    try:
        for path in ("/static/long.bin", "/static/%C3%A9%20x.css"):
            with served.connect() as connection:
                connection.begin(path)
                assert connection.end().headers["connection"] == "close"
                assert connection.is_closed(5)
    finally:
        served.page.phase = 0
