import contextlib
import sys

import pytest

from ecluse.serving.granian_wsgi import exchange
from ecluse.serving.mark import Mark

TEXT = ("Content-Type", "text/plain")


class Proto:
    """granian's side of an exchange, driven as its Rust code does: chunks, then close."""

    def __init__(self, *, leaves_after=None):
        self.answered, self.chunks, self._leaves_after = None, [], leaves_after

    def response_bytes(self, code, headers, body):
        self.answered, self.chunks = ("bytes", code, headers), [body]

    def response_iter(self, code, headers, body):
        self.answered = ("iter", code, headers)
        try:
            while self._leaves_after is None or len(self.chunks) < self._leaves_after:
                self.chunks.append(body.__next__())
        except StopIteration:
            pass
        finally:
            body.close()


class Body:
    def __init__(self, *chunks, error=None):
        self.left, self.closed, self.error = list(chunks), 0, error

    def __iter__(self):
        return self

    def __next__(self):
        if self.left:
            return self.left.pop(0)
        raise self.error or StopIteration

    def close(self):
        self.closed += 1


def starting(body, *headers, status="200 OK"):
    def app(_, start_response):
        start_response(status, list(headers))
        return body

    return app


def asked(app, mark, proto=None, **scope):
    proto = proto or Proto()
    proto.code = exchange(app, mark)(proto, {"REMOTE_ADDR": "127.0.0.1", "PATH_INFO": "/", **scope})
    return proto


def fields(seen):
    return seen.totals().fields


def test_a_list_is_sent_at_once(mark, seen):
    proto = asked(starting([b"hel", b"lo"], TEXT), mark)
    assert (proto.answered, proto.chunks, proto.code) == (("bytes", 200, [TEXT]), [b"hello"], 200)
    assert fields(seen)["2xx"] == 1


def test_a_body_that_is_whole_with_its_first_chunk_is_sent_at_once_and_closed(mark, seen):
    body = Body(b"hello")
    proto = asked(starting(body, TEXT, ("content-length", "5")), mark)
    assert (proto.answered[0], proto.chunks, body.closed) == ("bytes", [b"hello"], 1)
    assert fields(seen)["2xx"] == 1


@pytest.mark.parametrize("length", [[], [("Content-Length", "6")], [("Content-Length", "rubbish")]])
def test_any_other_body_is_passed_on_chunk_by_chunk(mark, seen, length):
    body = Body(b"hel", b"lo!")
    proto = asked(starting(body, *length), mark)
    assert (proto.answered[0], proto.chunks, body.closed) == ("iter", [b"hel", b"lo!"], 1)
    assert fields(seen)["2xx"] == 1


def test_a_body_whose_client_leaves_is_closed_and_counted(mark, seen):
    body = Body(b"one", b"two", b"three")
    proto = asked(starting(body), mark, Proto(leaves_after=1))
    assert (proto.chunks, body.closed, fields(seen)["requests"]) == ([b"one"], 1, 1)


def test_an_answer_without_a_body(mark):
    assert asked(starting(Body(), ("Content-Length", "0"), status="204 No Content"), mark).chunks == [b""]


def test_a_generator_may_start_with_its_first_chunk(mark, seen):
    def app(_, start_response):
        start_response("418 Late", [TEXT])
        yield b"late"

    proto = asked(app, mark)
    assert (proto.code, proto.chunks) == (418, [b"late"])
    assert fields(seen)["4xx"] == 1


def test_what_is_written_comes_first(mark):
    def app(_, start_response):
        start_response("200 OK", [("Content-Length", "14")])(b"written ")
        return (b"return",)

    assert asked(app, mark).chunks == [b"written return"]


def test_an_error_replaces_the_start(mark, seen):
    def app(_, start_response):
        start_response("200 OK", [])
        try:
            raise ValueError
        except ValueError:
            start_response("503 Replaced", [TEXT], sys.exc_info())
        return [b"replaced"]

    assert asked(app, mark).answered == ("bytes", 503, [TEXT])
    assert fields(seen)["5xx"] == 1


@pytest.mark.parametrize("status", ["", "two hundred"])
def test_an_app_without_a_status_is_an_error_and_its_body_is_closed(mark, seen, status):
    body = Body(b"hello")
    with pytest.raises(ValueError, match="invalid literal"):
        asked(starting(body, status=status), mark)
    assert (body.closed, fields(seen)["5xx"]) == (1, 1)


def test_an_app_that_raises_counts_as_500(mark, seen):
    def app(*_):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        asked(app, mark)
    assert fields(seen)["5xx"] == 1


def test_a_body_that_raises_at_once_was_never_an_answer(mark, seen):
    body, proto = Body(error=RuntimeError), Proto()
    with pytest.raises(RuntimeError):
        asked(starting(body), mark, proto)
    assert (proto.answered, body.closed, fields(seen)["5xx"]) == (None, 1, 1)


def test_while_lame_each_answer_closes_its_connection(mark, seen):
    seen.phase = 1
    assert asked(starting([], ("Connection", "keep-alive")), mark).answered[2] == [("Connection", "close")]


@pytest.mark.parametrize(
    ("stamp", "client", "stamped"), [(False, "127.0.0.1", 0), (False, "127.0.0.2", 1), (True, "1.2.3.4", 1)]
)
def test_a_stamp_is_for_probes_or_for_everyone(mark, stamp, client, stamped):
    proto = asked(starting([]), Mark(mark.lanes, "1.2.3", stamp), REMOTE_ADDR=client)
    assert proto.answered[2] == [("X-Release", "1.2.3")] * stamped


def test_the_environ_is_the_request_and_nothing_of_the_process(mark, monkeypatch):
    monkeypatch.setenv("PASSWORD", "secret")
    seen = {}

    def app(environ, start_response):
        seen.update(environ)
        start_response("200 OK", [])
        return []

    asked(app, mark, PATH_INFO="/here")
    assert (seen["PATH_INFO"], seen["SCRIPT_NAME"], "PASSWORD" in seen) == ("/here", "", False)
    assert seen["wsgi.version"] == (1, 0)


@pytest.mark.parametrize("body", [[b"a"], Body(b"a"), Body(error=RuntimeError)])
def test_a_probe_is_not_counted(mark, seen, body):
    with contextlib.suppress(RuntimeError):
        asked(starting(body), mark, REMOTE_ADDR="127.0.0.2")
    assert fields(seen)["requests"] == 0
