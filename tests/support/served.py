"""A web process started as the keeper starts it: the launcher's zipapp, sockets as descriptors 3 and 4, a slot page."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from ecluse.wire.archive import zipapp
from ecluse.wire.page import Page, create

APPS = Path(__file__).parents[1] / "live" / "serving"


class Served:
    """The process, its socket and its page. Close it, or use it in a `with`."""

    def __init__(
        self,
        folder: Path,
        app: str,
        *more: str,
        interface: str,
        server: str = "auto",
        python: str = sys.executable,
    ) -> None:
        self.folder = folder
        self.socket = _listening()
        self.other = _listening()
        create(str(folder / "page"))
        self.page = Page(str(folder / "page"))
        self._output = folder / "output"
        launch = folder / "launch"
        launch.write_bytes(zipapp("ecluse.serving", ["ecluse.serving", "ecluse.wire"]))
        words = [python, str(launch), "--app", app, "--interface", interface, "--server", server]
        words += ["--fd", "3", "--page", str(folder / "page"), "--version", "1.2.3", *more]
        self.process = self._start(words)

    def _start(self, words: Sequence[str]) -> subprocess.Popen[bytes]:
        def place() -> None:
            for number, descriptor in ((64, self.socket), (65, self.other)):
                os.dup2(descriptor.fileno(), number)
            os.dup2(64, 3)
            os.dup2(65, 4)
            os.closerange(5, 66)

        environment = {**os.environ, "PYTHONPATH": "", "PYTHONUNBUFFERED": "1"}
        with self._output.open("wb") as output:
            return subprocess.Popen(
                words,
                cwd=APPS,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                close_fds=False,
                preexec_fn=place,  # noqa: PLW1509 only this can bring descriptors to 3 and 4
            )

    @property
    def port(self) -> int:
        return int(self.socket.getsockname()[1])

    @property
    def output(self) -> str:
        return self._output.read_text(errors="replace")

    def connect(self, source: str = "127.0.0.1") -> Connection:
        return Connection(socket.create_connection(("127.0.0.1", self.port), 15, (source, 0)))

    def ask(self, path: str = "/", *, method: str = "GET", body: bytes = b"", source: str = "127.0.0.1") -> Answer:
        """One question on a connection of its own. The first waits in the socket's queue until the app is there."""
        with self.connect(source) as connection:
            return connection.ask(path, method=method, body=body)

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def ended(self, within: float = 20) -> int:
        return self.process.wait(within)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.socket.close()
        self.other.close()
        self.page.close()


class Answer:
    """Status, headers (lower-case names) and body."""

    def __init__(self, head: bytes, body: bytes) -> None:
        first, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(first.split()[1])
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self.body = body


class Connection:
    """A kept-alive HTTP/1.1 connection that never retries."""

    def __init__(self, stream: socket.socket) -> None:
        self._stream = stream
        self._read = stream.makefile("rb")

    def ask(self, path: str = "/", *, method: str = "GET", body: bytes = b"") -> Answer:
        self.begin(path, method=method, body=body)
        return self.end(method)

    def begin(self, path: str, *, method: str = "GET", body: bytes = b"") -> None:
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        self._stream.sendall(f"{method} {path} HTTP/1.1\r\nHost: test\r\n{length}\r\n".encode() + body)

    def sends(self, raw: bytes) -> None:
        """Just these bytes, whatever they are."""
        self._stream.sendall(raw)

    def end(self, method: str = "GET") -> Answer:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self._read.readline()
            if not line:
                raise ConnectionError(f"closed in the middle of {head!r}")
            head += line
        return Answer(head[:-4], self._body(head) if method != "HEAD" else b"")

    def _body(self, head: bytes) -> bytes:
        if length := re.search(rb"content-length: (\d+)", head, re.IGNORECASE):
            return self._read.read(int(length[1]))
        if b"transfer-encoding: chunked" not in head.lower():
            return self._read.read()
        body = b""
        while size := int(self._read.readline(), 16):
            body += self._read.read(size)
            self._read.readline()
        self._read.readline()
        return body

    def is_closed(self, within: float) -> bool:
        """Whether the server closes the idle connection in that time."""
        self._stream.settimeout(within)
        try:
            return self._stream.recv(1) == b""
        except TimeoutError:
            return False
        finally:
            self._stream.settimeout(15)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._read.close()
        self._stream.close()


def eventually(question, within: float = 10.0) -> bool:
    """Whether `question()` becomes true in that time."""
    deadline = time.monotonic() + within
    while not question():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _listening() -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listening.bind(("127.0.0.1", 0))
    listening.listen(128)
    return listening
