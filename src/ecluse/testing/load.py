"""A client that never retries: every lost or broken answer is counted.

Browsers and many libraries repeat a failed GET silently, and so hide what a deploy did. This one keeps connections
alive as HTTP/1.1 says (RFC 9112 section 9), sends GET and POST in turn, reads the release in each answer, and opens a
new connection only after an answer that carried `Connection: close`.

Run it as a program beside what is measured, so that it shares no event loop with it:
`python -m ecluse.testing.load http://127.0.0.1:8000/ --connections 32` until its standard input closes, or for
`--seconds`. With `--pause` each connection rests after an answer, so that the load has a bound on a small machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

OK = range(200, 300)
TIMEOUT = 30.0


@dataclass(kw_only=True)
class Tally:
    """What happened. `openings` are (when, release) of the first answer on each new connection, by `time.time`; `seen`
    has the times of each release's first and last answer, a failing one counts."""

    answers: int = 0
    by_release: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    openings: list[tuple[float, str]] = field(default_factory=list)
    seen: dict[str, tuple[float, float]] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)

    def saw(self, release: str) -> None:
        now = time.time()
        self.seen[release] = (self.seen.get(release, (now, now))[0], now)


class Client:
    """One kept-alive connection after the other."""

    def __init__(self, url: str, post: str, tally: Tally, stopping: asyncio.Event, pause: float = 0) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        path, host = parts.path or "/", parts.netloc
        self._requests = (
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode(),
            f"POST {post or path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\n\r\nhi".encode(),
        )
        self._tally, self._stopping, self._pause = tally, stopping, pause
        self._turn = 0

    async def run(self) -> None:
        while not self._stopping.is_set():
            try:
                await self._one_connection()
            except (OSError, EOFError, ValueError, TimeoutError) as error:
                self._tally.failures.append(f"{time.time():.3f} {type(error).__name__}: {error}")
                await asyncio.sleep(0.01)

    async def _one_connection(self) -> None:
        opened = time.time()
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            first = True
            while not self._stopping.is_set():
                release, closes = await asyncio.wait_for(self._exchange(reader, writer), TIMEOUT)
                if first:
                    self._tally.openings.append((opened, release))
                    first = False
                if closes:
                    return
                if self._pause:
                    await asyncio.sleep(self._pause)
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[str, bool]:
        began = time.perf_counter()
        self._turn += 1
        writer.write(self._requests[self._turn % 2])
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status_line, *lines = head.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        await _body(reader, headers)
        status, release = int(status_line.split()[1]), headers.get("x-release", "")
        self._tally.saw(release)
        if status not in OK:
            raise ValueError(f"status {status} of {release or 'nobody'}")
        self._tally.answers += 1
        self._tally.by_release[release] += 1
        self._tally.latencies.append(time.perf_counter() - began)
        return release, headers.get("connection", "").lower() == "close"


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> None:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        while size := int((await reader.readuntil(b"\r\n")).strip(), 16):
            await reader.readexactly(size + 2)
        await reader.readuntil(b"\r\n")
        return
    await reader.readexactly(int(headers.get("content-length", "0")))


async def load(url: str, *, connections: int, stopping: asyncio.Event, post: str = "", pause: float = 0) -> Tally:
    """Keep `connections` busy until `stopping` is set. `post` is the path for POST where it is another one."""
    tally = Tally()
    await asyncio.gather(*(Client(url, post, tally, stopping, pause).run() for _ in range(connections)))
    return tally


def summary(tally: Tally) -> dict[str, object]:
    ordered = sorted(tally.latencies) or [0.0]
    return {
        "answers": tally.answers,
        "by_release": dict(tally.by_release),
        "failures": tally.failures,
        "openings": tally.openings,
        "seen": tally.seen,
        "latencies": {
            "p50": ordered[len(ordered) // 2],
            "p99": ordered[int(len(ordered) * 0.99)],
            "max": ordered[-1],
        },
    }


async def _until_input_closes(url: str, connections: int, post: str, pause: float, seconds: float | None) -> Tally:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    running = asyncio.create_task(load(url, connections=connections, stopping=stopping, post=post, pause=pause))
    if seconds is not None:
        loop.call_later(seconds, stopping.set)
    sys.stderr.write("ready\n")
    sys.stderr.flush()
    await loop.run_in_executor(None, sys.stdin.buffer.read)
    stopping.set()
    return await running


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m ecluse.testing.load", description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--post", default="", help="the path for POST (default: that of the address)")
    parser.add_argument("--pause", type=float, default=0, help="seconds of rest after each answer (default: none)")
    parser.add_argument("--seconds", type=float, help="how long at most (default: until the standard input closes)")
    given = parser.parse_args(argv)
    tally = asyncio.run(_until_input_closes(given.url, given.connections, given.post, given.pause, given.seconds))
    sys.stdout.write(json.dumps(summary(tally)) + "\n")
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
