"""An app that is asked for a moment: no answer takes all the time there is."""

import socket
import sys
import threading
import time
from contextlib import closing

import pytest

from ecluse.serving import trial

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\n\r\n"
TICK = 0.05
SLOW = """
import os, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(0.5 * self.path.startswith("/slow"))
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<script src=/a.js></script>")
ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


@pytest.fixture
def dripping():
    """The port of a server that begins every answer with `head` and then drips until nobody listens any more."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def serve(head):
            threading.Thread(target=drip, args=(listener, head), daemon=True).start()
            return listener.getsockname()[1]

        yield serve


def drip(listener, head):
    with listener.accept()[0] as connection:
        connection.sendall(head)
        try:
            while True:
                connection.sendall(b"x")
                time.sleep(TICK)
        except OSError:
            return


def ask(port, seconds):
    return trial.ask(port, "/", "localhost", time.monotonic() + seconds)


@pytest.mark.parametrize("kind", [b"text/event-stream", b"Text/Event-Stream; charset=utf-8"])
def test_the_beginning_of_a_stream_is_its_answer(dripping, kind):
    answer = ask(dripping(HEAD % kind), 10)
    assert (answer["status"], answer["size"]) == (200, 0)
    assert answer["seconds"] < 5


def test_an_answer_that_goes_on_and_on_is_none(dripping):
    answer = ask(dripping(HEAD % b"text/html"), 10 * TICK)
    assert answer["status"] == 0
    assert answer["seconds"] < 5


def test_of_a_long_answer_the_first_part_is_enough(dripping):
    answer = ask(dripping(HEAD % b"text/html" + b"x" * 2 * trial.MOST_BODY), 10)
    assert (answer["status"], answer["size"]) == (200, trial.MOST_BODY)


@pytest.mark.once
def test_slow_paths_leave_time_for_what_comes_after_them(tmp_path):
    (tmp_path / "server.py").write_text(SLOW)
    told = {
        "argv": [sys.executable, "server.py"], "folder": str(tmp_path), "tree": str(tmp_path), "host": "localhost",
        "paths": ["/", *(f"/slow{number}" for number in range(40))], "seconds": 10, "within": 6, "port": True,
        "answer": str(tmp_path / "answer"),
    }  # fmt: skip
    answer = trial.tried(trial.Question(told))
    paths = [one["path"] for one in answer["asked"]]
    assert paths[0] == "/"
    assert paths + answer["unasked"] == told["paths"]
    assert len(paths) < len(told["paths"])
    assert [(one["path"], one["status"]) for one in answer["loaded"]] == [("/a.js", 200)]
    assert answer["by_address"] == 200
