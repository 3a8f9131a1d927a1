"""A request's body with its last piece called the last, which granian leaves to one more, empty piece.

Each `receive` of granian's crosses to another thread and back: 20 µs. Where `Content-Length` tells how long a body is
(RFC 9112, 6.2), or the lack of it and of `Transfer-Encoding` that there is none (6.3), the empty piece needn't be
fetched: a small body costs one crossing instead of two, and no body none.
"""

from typing import Any, Awaitable, Callable, Dict

Message = Dict[str, Any]
Receive = Callable[[], Awaitable[Message]]

_UNTOLD = -1


def ending_in_time(app: Any) -> Any:
    """`app`, whose `receive` says `more_body: False` with the last piece of a body; all else is as it was."""

    def call(scope: Any, receive: Receive, send: Any) -> Any:
        return app(scope, _Body(scope, receive).receive if scope["type"] == "http" else receive, send)

    return call


class _Body:
    """One request's. Looks at the headers when it is first asked, because most requests never ask."""

    __slots__ = ("_begun", "_left", "_receive", "_scope")

    def __init__(self, scope: Any, receive: Receive) -> None:
        self._scope = scope
        self._receive = receive
        self._begun = False
        self._left = _UNTOLD

    async def receive(self) -> Message:
        if not self._begun:
            self._begun = True
            self._left = _length(self._scope["headers"])
            if self._left == 0:
                return {"type": "http.request", "body": b"", "more_body": False}
        elif self._left == 0:
            return await self._after()
        message = await self._receive()
        if self._left > 0 and message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left == 0:
                message["more_body"] = False
        return message

    async def _after(self) -> Message:
        """What follows the body; the server's own empty end of it is not news."""
        message = await self._receive()
        while message["type"] == "http.request":
            message = await self._receive()
        return message


def _length(headers: Any) -> int:
    """Bytes that the body has; _UNTOLD if it is sent in chunks."""
    told = 0
    for name, value in headers:
        if name == b"transfer-encoding":
            return _UNTOLD
        if name == b"content-length":
            told = int(value)
    return told
