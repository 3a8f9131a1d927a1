"""Real WSGI servers behind the launcher."""

from __future__ import annotations

import ast

import pytest

from support.served import Served, eventually

pytestmark = pytest.mark.live


@pytest.fixture(scope="module", params=["granian", "gunicorn"])
def served(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    with Served(folder, "wsgi_app:app", "--stamp", interface="wsgi", server=request.param) as served:
        yield served


@pytest.fixture
def lame(served):
    served.page.phase = 1
    yield served
    served.page.phase = 0


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/", 200, b"hello"),
        ("/late", 418, b"late"),
        ("/written", 200, b"written returned"),
        ("/replaced", 503, b"replaced"),
        ("/opinionated", 200, b"mine"),
        ("/spawns", 200, b"7"),
    ],
)
def test_an_app_is_served_as_pep_3333_says(served, path, status, body):
    answer = served.ask(path)
    assert (answer.status, answer.body, answer.headers["x-release"]) == (status, body, "1.2.3")


def test_a_body_arrives_whole(served):
    assert served.ask("/echo", method="POST", body=b"z" * 3_000_000).body == b"3000000"


def test_a_head_request_gets_no_body(served):
    with served.connect() as connection:
        assert connection.ask("/", method="HEAD").status == 200
        assert connection.ask("/").body == b"hello"


def test_an_app_that_raises_is_counted_and_answered(served):
    before = served.page.totals().fields["5xx"]
    assert served.ask("/fails").status == 500
    assert eventually(lambda: served.page.totals().fields["5xx"] == before + 1)
    assert eventually(lambda: "this path always fails" in served.output)


def test_the_body_of_a_client_that_leaves_early_is_closed_and_counted(served):
    began = served.output.count("a request began")
    with served.connect() as connection:
        connection.begin("/endless?mine")
        assert eventually(lambda: served.output.count("a request began") > began)
        counted = served.page.totals().fields["requests"]
    assert eventually(lambda: served.page.totals().fields["requests"] > counted)
    assert eventually(lambda: b"mine" in served.ask("/closed").body.split())


@pytest.mark.parametrize("path", ["/", "/opinionated", "/late", "/endless"])
def test_while_lame_each_answer_closes_its_connection(lame, path):
    with lame.connect() as connection:
        connection.begin(path)
        if path == "/endless":
            return
        assert connection.end().headers["connection"] == "close"
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


def test_lame_is_reversible(served):
    served.page.phase = 1
    served.page.phase = 0
    with served.connect() as connection:
        assert [connection.ask("/").body for _ in range(3)] == [b"hello"] * 3


def test_the_app_finds_the_process_as_it_expects_it(served):
    _, cwd_first, words, ours, inheritable, listen_fds = ast.literal_eval(served.ask("/about").body.decode())
    assert (cwd_first, words, ours, inheritable, listen_fds) == (True, 1, [], [False, False], False)
