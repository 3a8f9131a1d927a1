"""How orders travel: a frame is a 4-byte big-endian length and that many bytes, JSON in UTF-8 or plain data.

Requests are `{"v", "id", "order", "grant", "args"}`. Answers carry the id of their request: any number of
`{"id", "say"}` and `{"id", "item"}`, then one `{"id", "ok": true, "result"}` or `{"id", "ok": false, "code",
"message", "evidence"}`.
"""

import asyncio
import json
import struct
from typing import Any, Awaitable, Dict, Optional, Protocol

LIMIT = 16 * 1024 * 1024
_LENGTH = struct.Struct(">I")


class Reader(Protocol):
    """Of asyncio.StreamReader what is needed here; other transports have readers like it."""

    def read(self, n: int) -> Awaitable[bytes]: ...
    def readexactly(self, n: int) -> Awaitable[bytes]: ...


class FrameError(ValueError):
    """What came is no frame: too long, cut off, or not JSON."""


def data(payload: bytes) -> bytes:
    """A frame of plain bytes; only behind the request that announces it."""
    if len(payload) > LIMIT:
        raise FrameError("a frame of %d bytes; at most %d travel at once" % (len(payload), LIMIT))
    return _LENGTH.pack(len(payload)) + payload


def message(content: Dict[str, Any]) -> bytes:
    return data(json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass"))


async def read_data(reader: Reader) -> Optional[bytes]:
    """The next frame's bytes; None when the stream ended between two frames."""
    head = await reader.read(_LENGTH.size)
    if not head:
        return None
    try:
        if len(head) < _LENGTH.size:
            head += await reader.readexactly(_LENGTH.size - len(head))
        (length,) = _LENGTH.unpack(head)
        if length > LIMIT:
            raise FrameError("a frame of %d bytes; at most %d travel at once" % (length, LIMIT))
        return await reader.readexactly(length)
    except asyncio.IncompleteReadError as error:
        raise FrameError("the connection ended inside a frame") from error


async def read_message(reader: Reader) -> Optional[Dict[str, Any]]:
    """The next frame as an object; None when the stream ended between two frames."""
    payload = await read_data(reader)
    return None if payload is None else parse(payload)


def parse(payload: bytes) -> Dict[str, Any]:
    try:
        content = json.loads(payload.decode("utf-8", "surrogatepass"))
    except ValueError as error:
        raise FrameError("a frame that is no JSON") from error
    if not isinstance(content, dict):
        raise FrameError("a frame that is no JSON object")
    return content
