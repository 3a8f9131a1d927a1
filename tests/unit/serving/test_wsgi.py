import sys

import pytest

from ecluse.serving import wsgi
from ecluse.wire import page


class Server:
    """As much of a WSGI server as a call needs. `writes=False`: one that returns no write()."""

    def __init__(self, *, writes=True, **environ):
        self.environ = {"REMOTE_ADDR": "127.0.0.1", **environ}
        self.writes = writes
        self.status, self.headers, self.exc_info, self.written = "", [], None, []

    def start(self, status, headers, exc_info=None):
        self.status, self.headers, self.exc_info = status, headers, exc_info
        return self.written.append if self.writes else None

    def call(self, app):
        body = app(self.environ, self.start)
        try:
            return b"".join(body)
        finally:
            if hasattr(body, "close"):
                body.close()


def plain(_, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]


def test_an_answer_passes_unchanged(mark):
    server = Server()
    assert server.call(wsgi.wrap(plain, mark)) == b"hello"
    assert (server.status, server.headers) == ("200 OK", [("Content-Type", "text/plain")])


def test_a_list_stays_the_very_list(mark):
    body = [b"hello"]

    def app(_, start_response):
        start_response("200 OK", [])
        return body

    assert wsgi.wrap(app, mark)({}, Server().start) is body


@pytest.mark.parametrize(
    ("client", "stamp", "seen"),
    [
        ("10.0.0.1", False, False),
        ("10.0.0.1", True, True),
        ("127.0.0.2", False, True),
        ("127.0.0.3", False, True),
    ],
)
def test_a_stamp_is_for_probes_or_for_everyone(mark, client, stamp, seen):
    server = Server(REMOTE_ADDR=client)
    server.call(wsgi.wrap(plain, mark._replace(stamp=stamp)))
    assert (("X-Release", "1.2.3") in server.headers) is seen


@pytest.mark.parametrize("theirs", [[], [("Connection", "keep-alive")], [("CONNECTION", "close")]])
def test_while_lame_each_answer_closes_once(mark, seen, theirs):
    seen.phase = page.LAME
    server = Server()

    def app(_, start_response):
        start_response("200 OK", theirs)
        return [b""]

    server.call(wsgi.wrap(app, mark))
    assert server.headers == [("Connection", "close")]


def test_an_upgrade_is_left_alone(mark, seen):
    seen.phase = page.LAME
    server = Server()
    theirs = [("Connection", "Upgrade"), ("Upgrade", "echo")]

    def app(_, start_response):
        start_response("101 Switching Protocols", theirs)
        return [b""]

    server.call(wsgi.wrap(app, mark))
    assert server.headers == theirs


def test_a_generator_may_start_with_its_first_chunk(mark, seen):
    def app(_, start_response):
        start_response("404 Not Found", [])
        yield b"not "
        yield b"here"

    server = Server()
    assert server.call(wsgi.wrap(app, mark)) == b"not here"
    assert server.status == "404 Not Found"
    assert seen.totals().fields["4xx"] == 1


def test_what_is_written_comes_first_even_if_the_server_has_no_write(mark):
    def app(_, start_response):
        start_response("200 OK", [])(b"written ")
        return [b"returned"]

    assert Server(writes=False).call(wsgi.wrap(app, mark)) == b"written returned"


def test_a_servers_own_write_is_used(mark):
    def app(_, start_response):
        start_response("200 OK", [])(b"written")
        return []

    server = Server()
    server.call(wsgi.wrap(app, mark))
    assert server.written == [b"written"]


def test_an_error_replaces_the_start_with_its_exc_info(mark, seen):
    def app(_, start_response):
        start_response("200 OK", [])
        try:
            raise ValueError
        except ValueError:
            start_response("500 Oh", [], sys.exc_info())
        return [b""]

    server = Server()
    server.call(wsgi.wrap(app, mark))
    assert server.exc_info[0] is ValueError
    assert seen.totals().fields["5xx"] == 1


class Body:
    def __init__(self, *, fails=False):
        self.closed = 0
        self.fails = fails

    def __iter__(self):
        yield b"one"
        if self.fails:
            raise RuntimeError
        yield b"two"

    def close(self):
        self.closed += 1


def test_a_body_is_counted_when_it_is_closed(mark, seen):
    body = Body()

    def app(_, start_response):
        start_response("200 OK", [])
        return body

    answer = wsgi.wrap(app, mark)({}, Server().start)
    chunks = iter(answer)
    assert next(chunks) == b"one"
    assert seen.totals().fields["requests"] == 0
    answer.close()
    answer.close()
    assert (seen.totals().fields["requests"], body.closed) == (1, 2)


def test_a_body_without_close_is_counted_too(mark, seen):
    def app(_, start_response):
        start_response("200 OK", [])
        return (b"tuple",)

    assert Server().call(wsgi.wrap(app, mark)) == b"tuple"
    assert seen.totals().fields["2xx"] == 1


def test_the_servers_own_file_class_is_recognised_by_the_server(mark, seen):
    class Wrapper(Body):
        pass

    body = Wrapper()

    def app(_, start_response):
        start_response("200 OK", [])
        return body

    assert wsgi.wrap(app, mark)({"wsgi.file_wrapper": Wrapper}, Server().start) is body
    assert seen.totals().fields["2xx"] == 1


def test_an_app_that_raises_counts_as_500(mark, seen):
    def app(_, __):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        Server().call(wsgi.wrap(app, mark))
    assert seen.totals().fields["5xx"] == 1


def test_a_generator_that_raises_before_it_starts_is_closed_and_counted(mark, seen):
    def app(_, start_response):
        if start_response is None:
            yield b""
        raise RuntimeError

    with pytest.raises(RuntimeError):
        Server().call(wsgi.wrap(app, mark))
    assert (seen.totals().fields["requests"], seen.totals().fields["unanswered"]) == (1, 1)


def test_an_app_that_never_starts_its_answer_is_passed_on(mark, seen):
    assert Server().call(wsgi.wrap(lambda *_: iter(()), mark)) == b""
    assert seen.totals().fields["requests"] == 1


def test_a_probe_is_not_counted(mark, seen):
    assert Server(REMOTE_ADDR="127.0.0.2").call(wsgi.wrap(plain, mark)) == b"hello"
    assert seen.totals().fields["requests"] == 0
