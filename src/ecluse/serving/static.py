"""Files in front of an app, for both interfaces: what a web server in front of it would have served.

They are answered inside our wrappers, so that they are counted, stamped, and close their connections while the slot
is lame. (granian could serve a folder itself, but then none of that happens.)
"""

import asyncio
from http import HTTPStatus
from typing import Any, Callable, Dict, Iterable, Iterator, List, Sequence, Tuple

from ecluse.serving.files import PIECE, Mounts, Reply

METHODS = ("GET", "HEAD")


def mount(app: Any, interface: str, mounts: Sequence[Tuple[str, str]]) -> Any:
    """`app` behind the files of `mounts` (prefix, folder); `app` itself when there are none."""
    if not mounts:
        return app
    return {"wsgi": wsgi, "asgi": asgi}[interface](app, Mounts(mounts))


def wsgi(app: Any, mounts: Mounts) -> Any:
    def call(environ: Dict[str, Any], start_response: Any) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        if method in METHODS:
            reply = mounts.reply(method, _bytes(environ.get("PATH_INFO", "")), _of_environ(environ))
            if reply is not None:
                start_response("%d %s" % (reply.status, HTTPStatus(reply.status).phrase), reply.headers)
                return _Body(reply) if reply.length > PIECE else _whole(reply)
        return app(environ, start_response)  # type: ignore[no-any-return]

    return call


class _Body:
    """A long file, piece by piece."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    def __iter__(self) -> Iterator[bytes]:
        return self._reply.pieces()

    def close(self) -> None:
        self._reply.close()
        self._reply = self._reply._replace(fd=-1)


def _whole(reply: Reply) -> List[bytes]:
    try:
        return [b"".join(reply.pieces())]
    finally:
        reply.close()


def _bytes(path: str) -> bytes:
    """PEP 3333 has the bytes of a path as text in latin-1."""
    try:
        return path.encode("latin-1")
    except UnicodeEncodeError:
        return path.encode("utf-8", "surrogateescape")


def _of_environ(environ: Dict[str, Any]) -> Callable[[str], str]:
    return lambda name: str(environ.get("HTTP_" + name.upper().replace("-", "_"), ""))


def asgi(app: Any, mounts: Mounts) -> Any:
    async def call(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["method"] in METHODS:
            path = scope["path"].encode("utf-8", "surrogateescape")
            reply = mounts.reply(scope["method"], path, _of_scope(scope))
            if reply is not None:
                await _send(reply, send)
                return
        await app(scope, receive, send)

    return call


async def _send(reply: Reply, send: Any) -> None:
    """A disk may be slow: what is long is read in a thread, while others are answered."""
    try:
        headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in reply.headers]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        if reply.length <= PIECE:
            await send({"type": "http.response.body", "body": b"".join(reply.pieces())})
            return
        pieces, loop = reply.pieces(), asyncio.get_running_loop()
        while True:
            piece = await loop.run_in_executor(None, next, pieces, b"")
            await send({"type": "http.response.body", "body": piece, "more_body": bool(piece)})
            if not piece:
                return
    finally:
        reply.close()


def _of_scope(scope: Any) -> Callable[[str], str]:
    def header(name: str) -> str:
        wanted = name.encode()
        return ", ".join(value.decode("latin-1") for key, value in scope["headers"] if key == wanted)

    return header
