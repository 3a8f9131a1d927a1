"""The whole WSGI exchange for granian in one function; our wrapper inside granian's own adapter cost 6 µs more.

The environ holds what PEP 3333 names, not the process's environment, whose secrets have no place in a request.
"""

import sys
from itertools import chain
from time import perf_counter
from typing import Any, Callable, Dict, Iterable, Iterator, List

from ecluse.serving.mark import PROBES, RELEASE, Mark
from ecluse.serving.wsgi import App, Headers, closing

Exchange = Callable[[Any, Dict[str, Any]], int]


def exchange(app: App, mark: Mark) -> Exchange:
    """What granian calls for each request: `scope` is the request as PEP 3333 names it, `proto` takes the answer."""
    mine, lame, stamp = mark.lanes.mine, mark.lanes.lame, mark.stamp
    header = (RELEASE, mark.version)
    always = _environ()

    def run(proto: Any, scope: Dict[str, Any]) -> int:
        status = ""
        headers: Headers = []
        early: List[bytes] = []
        body: Any = ()
        is_probe = scope["REMOTE_ADDR"] in PROBES
        count = _not_counted if is_probe else mine().count
        began = perf_counter()

        def start(line: str, given: Headers, exc_info: Any = None) -> Callable[[bytes], None]:  # noqa: ARG001
            nonlocal status, headers
            status, headers = line, given
            return early.append

        try:
            body = app({**always, **scope}, start)
            if type(body) is list:
                whole, first = True, b"".join(body)
            else:
                # The first chunk, by which an answer has to have begun; often it is all there is.
                chunks = iter(body)
                first = next(chunks, b"")
                whole = _length(headers) == len(first) and not early
            code = int(status[:3])
        except BaseException:
            count("5", perf_counter() - began)
            _close(body)
            raise
        if early:
            first = b"".join((*early, first))
        if lame():
            headers = closing(headers)
        if stamp or is_probe:
            headers = [*headers, header]
        if whole:
            proto.response_bytes(code, headers, first)
            count(status[0], perf_counter() - began)
            _close(body)
        else:
            over = lambda: count(status[0], perf_counter() - began)  # noqa: E731
            proto.response_iter(code, headers, _Rest(body, chain((first,), chunks), over))
        return code

    return run


class _Rest:
    """A body as granian asks for it: chunk by chunk, closed at the end or when the client has left."""

    __slots__ = ("__next__", "_body", "_over")

    def __init__(self, body: Iterable[bytes], chunks: Iterator[bytes], over: Callable[[], None]) -> None:
        self.__next__ = chunks.__next__
        self._body = body
        self._over = over

    def close(self) -> None:
        self._over()
        _close(self._body)


def _not_counted(_: str, __: float) -> None:
    """A probe's."""


def _close(body: Any) -> None:
    if hasattr(body, "close"):
        body.close()


def _length(headers: Headers) -> int:
    """What the answer says of its body; -1 when it says nothing."""
    for name, value in headers:
        if name == "Content-Length" or name.lower() == "content-length":
            return int(value) if value.isdigit() else -1
    return -1


def _environ() -> Dict[str, Any]:
    return {
        "SCRIPT_NAME": "",
        "SERVER_SOFTWARE": "granian",
        "wsgi.errors": sys.stderr,
        "wsgi.input_terminated": True,  # werkzeug's name for an input that ends by itself
        "wsgi.multiprocess": False,
        "wsgi.multithread": True,
        "wsgi.run_once": False,
        "wsgi.version": (1, 0),
    }
