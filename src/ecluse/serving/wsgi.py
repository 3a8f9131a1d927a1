"""The wrapper around a WSGI app (PEP 3333): counts, stamps, and closes connections while the slot is lame."""

from itertools import chain
from time import perf_counter
from typing import Any, Callable, Iterable, Iterator, List, Optional, Tuple

from ecluse.serving.lanes import Lane
from ecluse.serving.mark import RELEASE, Mark

Headers = List[Tuple[str, str]]
App = Callable[[Any, Any], Iterable[bytes]]


def wrap(app: App, mark: Mark) -> App:
    """`app`, which the server and its callers can't tell from the original but for those headers."""
    mine = mark.lanes.mine

    def call(environ: Any, start_response: Any) -> Iterable[bytes]:
        exchange = _Exchange(mine(), start_response, mark, environ)
        try:
            body = app(environ, exchange.start)
        except BaseException:
            exchange.failed()
            raise
        if exchange.status == 0 or exchange.early:
            return _Body(exchange, body, _begun(exchange, body))
        if type(body) is list or _is_file(environ, body):
            # Nothing to close, or the server's own class, which the server wants to recognise.
            exchange.over()
            return body
        return _Body(exchange, body, body)

    return call


class _Exchange:
    """One request and its answer."""

    __slots__ = ("_began", "_environ", "_lane", "_mark", "_start", "early", "status")

    def __init__(self, lane: Lane, start: Any, mark: Mark, environ: Any) -> None:
        self._lane = lane
        self._start = start
        self._mark = mark
        self._environ = environ
        self._began = perf_counter()
        self.status = 0
        self.early: List[bytes] = []
        lane.begin()

    def start(self, status: str, headers: Headers, exc_info: Any = None) -> Any:
        self.status = int(status[:3])
        if self._mark.lanes.lame():
            headers = _closing(headers)
        if self._mark.stamps(self._environ.get("REMOTE_ADDR", "")):
            headers = [*headers, (RELEASE, self._mark.version)]
        write = self._start(status, headers, exc_info) if exc_info else self._start(status, headers)
        # A server that returns no write() gets what was written in front of the body.
        return self.early.append if write is None else write

    def failed(self) -> None:
        self.status = 500
        self.over()

    def over(self) -> None:
        self._lane.end(self.status, perf_counter() - self._began)


class _Body:
    """The app's iterable; its end is the end of the exchange. `chunks` is handed over as it is: no cost for each."""

    __slots__ = ("_body", "_chunks", "_exchange")

    def __init__(self, exchange: _Exchange, body: Iterable[bytes], chunks: Iterable[bytes]) -> None:
        self._exchange: Optional[_Exchange] = exchange
        self._body = body
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._chunks)

    def close(self) -> None:
        exchange, self._exchange = self._exchange, None
        try:
            if hasattr(self._body, "close"):
                self._body.close()
        finally:
            if exchange is not None:
                exchange.over()


def _begun(exchange: _Exchange, body: Iterable[bytes]) -> Iterable[bytes]:
    """The chunks, at least one of them asked for: PEP 3333 lets an app call `start_response` with its first."""
    chunks = iter(body)
    first: List[bytes] = []
    try:
        while exchange.status == 0:
            first.append(next(chunks))
    except StopIteration:
        pass
    except BaseException:
        _Body(exchange, body, ()).close()
        raise
    return chain(exchange.early, first, chunks)


def _is_file(environ: Any, body: Iterable[bytes]) -> bool:
    wrapper = environ.get("wsgi.file_wrapper")
    return isinstance(wrapper, type) and isinstance(body, wrapper)


def _closing(headers: Headers) -> Headers:
    """With `Connection: close` for whatever the app said; RFC 9110 section 7.6.1. An upgrade is left alone."""
    if any(name.lower() == "upgrade" for name, _ in headers):
        return headers
    return [*(header for header in headers if header[0].lower() != "connection"), ("Connection", "close")]
