"""An ASGI app with work of every length, and clients that are in the middle of it while releases change."""

from __future__ import annotations

import http.client
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.shop import MANIFEST

ASGI = MANIFEST.replace('interface = "wsgi"', 'interface = "asgi"')
APP = '''\
import asyncio
import pathlib
from urllib.parse import parse_qs

VERSION = "{version}"
pathlib.Path({started!r}).touch()


async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "websocket":
        await echo(receive, send)
    else:
        await WORK.get(scope["path"], at_once)(scope, receive, send)


async def lifespan(receive, send):
    while True:
        kind = (await receive())["type"]
        await send({{"type": kind + ".complete"}})
        if kind == "lifespan.shutdown":
            return


async def echo(receive, send):
    await receive()
    await send({{"type": "websocket.accept"}})
    while (message := await receive())["type"] == "websocket.receive":
        await send({{"type": "websocket.send", "text": VERSION + " " + message["text"]}})


async def body(receive):
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        size, more = size + len(message["body"]), message.get("more_body", False)
    return size


def number(scope, name):
    return float(parse_qs(scope["query_string"].decode())[name][0])


async def answer(send, text):
    headers = [(b"content-length", str(len(text)).encode())]
    await send({{"type": "http.response.start", "status": 200, "headers": headers}})
    await send({{"type": "http.response.body", "body": text.encode()}})


async def at_once(scope, receive, send):
    await body(receive)
    await answer(send, VERSION)


async def sleep(scope, receive, send):
    await asyncio.sleep(number(scope, "seconds"))
    await answer(send, VERSION)


async def upload(scope, receive, send):
    await answer(send, f"{{VERSION}} {{await body(receive)}}")


async def events(scope, receive, send):
    """Ten a second."""
    headers = [(b"content-type", b"text/event-stream")]
    await send({{"type": "http.response.start", "status": 200, "headers": headers}})
    for turn in range(int(number(scope, "seconds") * 10)):
        text = f"data: {{VERSION}} {{turn}}\\n\\n"
        await send({{"type": "http.response.body", "body": text.encode(), "more_body": True}})
        await asyncio.sleep(0.1)
    await send({{"type": "http.response.body", "body": b""}})


WORK = {{"/sleep": sleep, "/upload": upload, "/events": events}}
'''


@dataclass
class Crossing:
    """One request in a thread of its own: what came of it, and when."""

    name: str
    seconds: float = 0.0
    ended: float = 0.0
    status: int = 0
    body: str = ""
    release: str = ""
    error: str = ""
    thread: threading.Thread | None = field(default=None, repr=False)

    @property
    def outcome(self) -> str:
        return self.error or f"{self.status}, {len(self.body)} bytes"

    def wait(self, seconds: float) -> Crossing:
        assert self.thread is not None
        self.thread.join(seconds)
        assert not self.thread.is_alive(), f"{self.name} hangs"
        return self


def begin(name: str, port: int, method: str, path: str, body: Any = None, headers: Any = None) -> Crossing:
    crossing = Crossing(name)

    def run() -> None:
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=90)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            crossing.status, crossing.release = answer.status, answer.headers.get("X-Release", "")
            while piece := answer.read1(65536):
                crossing.body += piece.decode()
            if answer.length not in (None, 0):
                raise http.client.IncompleteRead(b"", answer.length)
        except (OSError, http.client.HTTPException) as error:
            crossing.error = f"{type(error).__name__}: {error}"
        finally:
            connection.close()
        crossing.ended = time.monotonic()
        crossing.seconds = crossing.ended - began

    crossing.thread = threading.Thread(target=run, daemon=True)
    crossing.thread.start()
    return crossing


def slowly(pieces: int, every: float) -> Any:
    """A body of so many thousands of bytes, one after the other."""
    for _ in range(pieces):
        time.sleep(every)
        yield b"x" * 1000


def websocket(port: int) -> Crossing:
    """Says something ten times a second until the other side closes; `status` is the close code."""
    from websockets.exceptions import ConnectionClosed
    from websockets.sync.client import connect

    crossing = Crossing("websocket")

    def run() -> None:
        began = time.monotonic()
        with connect(f"ws://127.0.0.1:{port}/ws") as client:
            crossing.release = client.response.headers.get("X-Release", "") if client.response else ""
            try:
                while True:
                    client.send("hello")
                    crossing.body = str(client.recv(10))
                    time.sleep(0.1)
            except ConnectionClosed as error:
                crossing.status = error.rcvd.code if error.rcvd else 0
                crossing.error = "" if error.rcvd else repr(error)
        crossing.ended = time.monotonic()
        crossing.seconds = crossing.ended - began

    crossing.thread = threading.Thread(target=run, daemon=True)
    crossing.thread.start()
    return crossing


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False
