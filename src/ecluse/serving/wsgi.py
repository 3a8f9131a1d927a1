"""The wrapper around a WSGI app (PEP 3333): counts, stamps, and closes connections while the slot is lame."""

from itertools import chain
from time import perf_counter
from typing import Any, Callable, Iterable, Iterator, List, Optional, Tuple

from ecluse.serving.mark import PROBES, RELEASE, Mark

Headers = List[Tuple[str, str]]
App = Callable[[Any, Any], Iterable[bytes]]


def wrap(app: App, mark: Mark) -> App:
    """`app`, which the server and its callers can't tell from the original but for those headers."""
    mine, lame, stamp = mark.lanes.mine, mark.lanes.lame, mark.stamp
    header = (RELEASE, mark.version)

    # Closures: an object for each request costs twice as much, and this runs for each.
    def call(environ: Any, start_response: Any) -> Iterable[bytes]:
        status = ""
        early: List[bytes] = []
        began = perf_counter()

        def start(line: str, headers: Headers, exc_info: Any = None) -> Any:
            nonlocal status
            status = line
            if lame():
                headers = closing(headers)
            if stamp or environ.get("REMOTE_ADDR") in PROBES:
                headers = [*headers, header]
            write = start_response(line, headers, exc_info) if exc_info else start_response(line, headers)
            # A server that returns no write() gets what was written in front of the body.
            return early.append if write is None else write

        def over() -> None:
            if environ.get("REMOTE_ADDR") not in PROBES:
                mine().count(status[:1], perf_counter() - began)

        try:
            body = app(environ, start)
        except BaseException:
            status = "5"
            over()
            raise
        if not status or early:
            return _Body(body, _begun(body, early, lambda: bool(status), over), over)
        if type(body) is list or _is_file(environ, body):
            # Nothing to close, or the server's own class, which the server wants to recognise.
            over()
            return body
        return _Body(body, body, over)

    return call


class _Body:
    """The app's iterable; its end is the end of the exchange. `chunks` is handed over as it is: no cost for each."""

    __slots__ = ("_body", "_chunks", "_over")

    def __init__(self, body: Iterable[bytes], chunks: Iterable[bytes], over: Callable[[], None]) -> None:
        self._body = body
        self._chunks = chunks
        self._over: Optional[Callable[[], None]] = over

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._chunks)

    def close(self) -> None:
        over, self._over = self._over, None
        try:
            if hasattr(self._body, "close"):
                self._body.close()
        finally:
            if over is not None:
                over()


def _begun(
    body: Iterable[bytes], early: List[bytes], started: Callable[[], bool], over: Callable[[], None]
) -> Iterable[bytes]:
    """The chunks, at least one of them asked for: PEP 3333 lets an app call `start_response` with its first."""
    chunks = iter(body)
    first: List[bytes] = []
    try:
        while not started():
            first.append(next(chunks))
    except StopIteration:
        pass
    except BaseException:
        _Body(body, (), over).close()
        raise
    return chain(early, first, chunks)


def _is_file(environ: Any, body: Iterable[bytes]) -> bool:
    wrapper = environ.get("wsgi.file_wrapper")
    return isinstance(wrapper, type) and isinstance(body, wrapper)


def closing(headers: Headers) -> Headers:
    """With `Connection: close` for whatever the app said; RFC 9110 section 7.6.1. An upgrade is left alone."""
    if any(name.lower() == "upgrade" for name, _ in headers):
        return headers
    return [*(header for header in headers if header[0].lower() != "connection"), ("Connection", "close")]
