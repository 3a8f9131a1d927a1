"""What WSGI apps do, one path each. No framework, so that nothing hides what the server and the wrapper do."""

import os
import signal
import sys
import time
from pathlib import Path
from typing import ClassVar


def app(environ, start_response):
    return PATHS.get(environ["PATH_INFO"], hello)(environ, start_response)


def factory(word, *, punctuation="."):
    def answer(_, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [(word + punctuation).encode()]

    return answer


def says_that_it_began():
    sys.stderr.write("a request began\n")
    sys.stderr.flush()


def hello(_, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]


def echo(environ, start_response):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(len(body)).encode()]


def late(_, start_response):
    """Calls start_response with its first chunk, as generators do."""
    start_response("418 Late", [("Content-Type", "text/plain")])
    yield b"la"
    yield b"te"


def written(_, start_response):
    write = start_response("200 OK", [("Content-Type", "text/plain")])
    write(b"written ")
    return [b"returned"]


def replaced(_, start_response):
    start_response("200 OK", [])
    try:
        raise ValueError
    except ValueError:
        start_response("503 Replaced", [("Content-Type", "text/plain")], sys.exc_info())
    return (b"replaced",)


class Stream:
    """An endless body; `closed` has the names of those that were closed."""

    closed: ClassVar[set] = set()

    def __init__(self, name):
        self.name = name

    def __iter__(self):
        while True:
            yield b"x" * 1024
            time.sleep(0.01)

    def close(self):
        self.closed.add(self.name)


def endless(environ, start_response):
    says_that_it_began()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return Stream(environ["QUERY_STRING"])


def closed(_, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [" ".join(sorted(Stream.closed)).encode()]


def slow(_, start_response):
    says_that_it_began()
    time.sleep(1)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"slow"]


def hangs(_, start_response):
    says_that_it_began()
    time.sleep(60)
    start_response("200 OK", [])
    return []


def fails(_, __):
    raise RuntimeError("this path always fails")


def opinionated(_, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("connection", "keep-alive")])
    return [b"mine"]


def crashes(_, __):
    os.kill(os.getpid(), signal.SIGKILL)


def about(_, start_response):
    """How the process looks to the app."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    ours = [name for name in sys.modules if name.partition(".")[0] == "ecluse"]
    sockets = [os.get_inheritable(number) for number in (3, 4)]
    seen = (os.getpid(), Path(sys.path[0]).samefile("."), len(sys.argv), ours, sockets, "LISTEN_FDS" in os.environ)
    return [repr(seen).encode()]


def spawns(_, start_response):
    """Starts a fresh interpreter as multiprocessing does."""
    import multiprocessing

    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found = pool.apply(abs, (-7,))
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(found).encode()]


PATHS = {
    "/" + act.__name__: act
    for act in (
        echo, late, written, replaced, endless, closed, slow, hangs, fails, opinionated, crashes, about, spawns,
    )
}  # fmt: skip
