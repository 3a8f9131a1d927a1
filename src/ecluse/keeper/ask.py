"""One HTTP question to one slot, in private: from a source address that the routing program always sends there."""

import asyncio
import base64
import time
from typing import Any, Dict, Tuple

from ecluse.keeper.routing import PROBES
from ecluse.wire import codes

MOST = 64 * 1024
_HEAD = 64 * 1024


class NotHttpError(Exception):
    """What came back is no HTTP answer."""


async def ask(address: str, port: int, slot: str, question: Dict[str, Any]) -> Dict[str, Any]:
    """The answer, or in `why` the reason for which there was none; then `status` is 0."""
    if ":" in address:
        raise codes.OrderError(
            codes.BAD_ORDER, "a service on IPv6 alone can't be asked in private: use an IPv4 address"
        )
    began = time.monotonic()
    try:
        status, headers, body = await asyncio.wait_for(_get(address, port, slot, question), question["seconds"])
        why = ""
    except asyncio.TimeoutError:
        status, headers, body, why = 0, {}, b"", "no answer within %g s" % question["seconds"]
    except NotHttpError as error:
        status, headers, body, why = 0, {}, b"", str(error)
    except OSError as error:
        status, headers, body, why = 0, {}, b"", error.strerror or str(error)
    return {
        "status": status,
        "headers": headers,
        "body": base64.b64encode(body).decode("ascii"),
        "seconds": time.monotonic() - began,
        "why": why,
    }


async def _get(address: str, port: int, slot: str, question: Dict[str, Any]) -> Tuple[int, Dict[str, str], bytes]:
    request = _request(question["path"], question["host"])
    host = "127.0.0.1" if address == "0.0.0.0" else address  # noqa: S104
    reader, writer = await asyncio.open_connection(host, port, local_addr=(PROBES[slot], 0), limit=_HEAD)
    try:
        writer.write(request)
        await writer.drain()
        status, headers = await _head(reader)
        return status, headers, await _body(reader, status, headers)
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        raise NotHttpError("the connection ended before the answer did") from error
    finally:
        writer.close()


def _request(path: str, host: str) -> bytes:
    if any(ord(character) <= ord(" ") for character in path + host):
        raise codes.OrderError(codes.BAD_ORDER, "a path and a host have no spaces or control characters")
    lines = ("GET %s HTTP/1.1" % path, "Host: %s" % host, "User-Agent: ecluse", "Accept: */*", "Connection: close")
    return "".join(line + "\r\n" for line in (*lines, "")).encode("utf-8")


async def _head(reader: asyncio.StreamReader) -> Tuple[int, Dict[str, str]]:
    """The final answer's head; interim ones (1xx) are passed over (RFC 9110 section 15.2)."""
    while True:
        text = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = text.split("\r\n")
        words = first.split(" ", 2)
        if not words[0].startswith("HTTP/") or len(words) < 2 or not words[1].isdigit():  # noqa: PLR2004
            raise NotHttpError("the answer is no HTTP")
        status = int(words[1])
        if status >= 200:  # noqa: PLR2004
            pairs = (line.partition(":") for line in lines if line)
            return status, {name.strip().lower(): value.strip() for name, _, value in pairs}


async def _body(reader: asyncio.StreamReader, status: int, headers: Dict[str, str]) -> bytes:
    if status in (204, 304):
        return b""
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return await _chunks(reader)
    if headers.get("content-length", "").isdigit():
        return await reader.readexactly(min(int(headers["content-length"]), MOST))
    return await _until_end(reader)


async def _until_end(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while len(body) < MOST:
        data = await reader.read(MOST - len(body))
        if not data:
            break
        body += data
    return body


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while len(body) < MOST:
        size = _size(await reader.readuntil(b"\r\n"))
        if size == 0:
            break
        body += await reader.readexactly(min(size, MOST))
        await reader.readexactly(2)
    return body[:MOST]


def _size(line: bytes) -> int:
    try:
        return int(line.split(b";")[0], 16)
    except ValueError as error:
        raise NotHttpError("a chunk without a size") from error
