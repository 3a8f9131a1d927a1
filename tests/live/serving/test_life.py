"""How a web process begins and ends."""

from __future__ import annotations

import ast
import os
import signal
import time
from pathlib import Path

import pytest

from support.served import Served, eventually

pytestmark = pytest.mark.live

EACH = [("wsgi", "granian"), ("wsgi", "gunicorn"), ("asgi", "granian"), ("asgi", "uvicorn")]


@pytest.fixture(params=EACH, ids="-".join)
def start(request, tmp_path):
    interface, server = request.param

    def start(app: str = "", *more: str) -> Served:
        return Served(tmp_path, app or f"{interface}_app:app", *more, interface=interface, server=server)

    return start


def test_a_stop_lets_what_is_under_way_finish(start):
    with start() as served, served.connect() as connection:
        assert served.ask().body == b"hello"
        connection.begin("/slow")
        assert eventually(lambda: "a request began" in served.output)
        served.process.send_signal(signal.SIGTERM)
        assert connection.end().body == b"slow"
        assert served.ended() == 0, served.output


def test_a_stop_ends_what_hangs_when_the_budget_is_over(start):
    with start("", "--drain", "1") as served, served.connect() as connection:
        assert served.ask().body == b"hello"
        connection.begin("/hangs")
        assert eventually(lambda: "a request began" in served.output)
        began = time.monotonic()
        served.process.send_signal(signal.SIGTERM)
        assert served.ended() in (0, 1), served.output
        assert time.monotonic() - began < 5


def test_an_app_that_cannot_be_imported_ends_at_once_with_its_traceback(start):
    with start("broken_app:app") as served:
        assert served.ended(10) == 3
        assert "RuntimeError: the settings are incomplete" in served.output


def test_workers_die_with_their_parent(start):
    with start("", "--workers", "2") as served:
        assert eventually(lambda: len(served.workers()) == 2)
        workers = served.workers()
        assert served.ask().body == b"hello"
        served.process.kill()
        assert eventually(lambda: not any(Path(f"/proc/{pid}/cwd").exists() for pid in workers))


def test_an_idle_connection_is_closed_after_the_time_that_was_set(start):
    with start("", "--keep-alive", "1") as served, served.connect() as connection:
        connection.ask()
        assert not connection.is_closed(0.5)
        assert connection.is_closed(5)


def test_a_lost_worker_of_several_is_replaced_once_it_has_lived(tmp_path):
    with Served(tmp_path, "wsgi_app:app", "--workers", "2", interface="wsgi") as served:
        assert eventually(lambda: len(served.workers()) == 2)
        assert {ast.literal_eval(served.ask("/about").body.decode())[0] for _ in range(20)} <= set(served.workers())
        time.sleep(5.1)  # a worker that ends sooner counts as a crash loop
        first = served.workers()[0]
        os.kill(first, signal.SIGKILL)
        assert eventually(lambda: len(served.workers()) == 2 and first not in served.workers())
        assert served.ask().body == b"hello"


def test_a_lost_worker_on_its_own_is_the_end(tmp_path):
    with Served(tmp_path, "wsgi_app:app", interface="wsgi") as served:
        served.ask()
        with pytest.raises(ConnectionError):
            served.ask("/crashes")
        assert served.ended() == 128 + signal.SIGKILL


def test_a_lifespan_that_fails_ends_the_process(tmp_path):
    for server in ("granian", "uvicorn"):
        (tmp_path / server).mkdir()
        with Served(tmp_path / server, "asgi_app:refuses_to_start", interface="asgi", server=server) as served:
            assert served.ended(10) != 0
            assert "the database is away" in served.output


def test_a_factory_is_called_with_its_literals(tmp_path):
    app = "wsgi_app:factory('made', punctuation='!')"
    with Served(tmp_path, app, interface="wsgi") as served:
        assert served.ask().body == b"made!"


def test_a_wrong_call_says_what_is_wrong(tmp_path):
    with Served(tmp_path, "wsgi_app:app", interface="wsgi", server="uvicorn") as served:
        assert served.ended(10) == 2
        assert "uvicorn doesn't serve wsgi; these do: granian, gunicorn" in served.output
