"""The wrapper around an ASGI app: counts, stamps, closes connections and ends WebSockets while the slot is lame."""

from time import perf_counter
from typing import Any, Awaitable, Callable, Dict, List, Tuple

from ecluse.serving.mark import PROBES, RELEASE, Mark
from ecluse.serving.websockets import Sockets

Message = Dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]
Headers = List[Tuple[bytes, bytes]]


def wrap(app: App, mark: Mark) -> App:
    """`app`, which the server and its callers can't tell from the original but for those headers."""
    mine, lame, stamp = mark.lanes.mine, mark.lanes.lame, mark.stamp
    sockets = Sockets(mark.lanes)

    # One function, because each further coroutine costs a percent of a small answer.
    async def call(scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await other(scope, receive, send)
            return
        status = 0

        def answer(message: Message) -> Awaitable[None]:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if stamp or lame() or _client(scope) in PROBES:
                    message = _marked(message, mark, _client(scope))
            return send(message)

        began = perf_counter()
        try:
            await app(scope, receive, answer)
        except Exception:
            status = status or 500
            raise
        finally:
            if _client(scope) not in PROBES:
                mine().count(status // 100, perf_counter() - began)

    async def other(scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await sockets.serve(app, scope, receive, send, _stamp(mark, _client(scope)))
        else:
            await app(scope, receive, send)

    return call


def _marked(message: Message, mark: Mark, client: str) -> Message:
    """The start of an answer with our headers; `connection: close` for whatever the app said (RFC 9110, 7.6.1)."""
    headers = list(message.get("headers") or ())
    if mark.lanes.lame():
        headers = [*(header for header in headers if header[0].lower() != b"connection"), (b"connection", b"close")]
    return {**message, "headers": [*headers, *_stamp(mark, client)]}


def _stamp(mark: Mark, client: str) -> Headers:
    return [(RELEASE.lower().encode(), mark.version.encode())] if mark.stamps(client) else []


def _client(scope: Any) -> str:
    client = scope.get("client")
    return client[0] if client else ""
