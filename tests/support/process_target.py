"""A process target of a test's own: folder, port, and a web server of the standard library that says its version."""

import asyncio
import contextlib
import os
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ecluse.model.app import Environment, Interface, Listen, Process
from ecluse.model.artifact import SourceFile, digest_of
from ecluse.model.holder import Holder
from ecluse.model.ids import EnvironmentName, ProcessName
from ecluse.providers.keeper.target import KeeperTarget
from ecluse.providers.process.reach import HereReach
from ecluse.system.clock import SystemClock
from ecluse.system.environment import read_environment
from ecluse.system.store import FolderStore
from ecluse.testing.releases import NOTHING, release_of
from support.ports import free_port

APP = b"""
import http.server, os, socket

class Hello(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = os.environ["ECLUSE_VERSION"].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

server = http.server.ThreadingHTTPServer(("", 0), Hello, bind_and_activate=False)
server.socket.close()
server.socket = socket.socket(fileno=3)
print("ready", flush=True)
server.serve_forever()
"""
WEB = Process(
    name=ProcessName("web"),
    interface=Interface.COMMAND,
    listen=Listen.FD,
    command=(os.path.realpath(sys.executable), "-B", "{tree}/app.py"),
    drain=timedelta(seconds=2),
    keep_alive=timedelta(seconds=1),
)
HOLDER = Holder(id="h-1", host=socket.gethostname(), pid=os.getpid(), user="anne", command="ecluse ship")


class Place:
    """One environment on this machine, and the releases that a test puts there."""

    def __init__(self, folder, programs):
        self.folder = folder / "environment"
        self.programs = programs
        self.store = FolderStore(folder / "store")
        self.environment = Environment(name=EnvironmentName("local"), port=free_port())
        file = SourceFile(path="app.py", mode="file", digest=self.store.put_bytes(APP))
        plain = replace(NOTHING, files=(file,))
        self.bundle = replace(plain, digest=digest_of(plain.to_json()))

    def target(self, **env) -> KeeperTarget:
        """A new client; `env` is added to what a keeper that it starts sees."""
        seen = {**read_environment(), **env}
        reach = HereReach(folder=self.folder, programs=self.programs, store=self.store, env=seen)
        return KeeperTarget(reach, clock=SystemClock())

    def running(self, version, *processes, **more):
        made = release_of(version, *(processes or (WEB,)), bundle=self.bundle, environment=self.environment)
        return replace(made, **more)

    async def end(self):
        """Shut what a test left, whoever holds it: the lease's own holder may take it again."""
        target = self.target()
        seen = await target.observe()
        if seen.keeper_pid is not None:
            held = seen.lease.holder if seen.lease else HOLDER
            await target.shut(await target.take(held, timedelta(seconds=60)))
        await target.close()

    def left(self) -> list[str]:
        """The processes that name our folder, once those that are about to exit had the time."""
        deadline = time.monotonic() + 10
        while (found := self.left_now()) and time.monotonic() < deadline:
            time.sleep(0.02)
        return found

    def left_now(self) -> list[str]:
        return [f"{pid} {words}" for pid, words in command_lines() if str(self.folder) in words]


def command_lines() -> Iterator[tuple[int, str]]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            yield int(path.parent.name), path.read_bytes().replace(b"\0", b" ").decode(errors="replace")


@pytest.fixture(scope="session")
def programs(tmp_path_factory):
    return tmp_path_factory.mktemp("programs")


@pytest.fixture
def place(tmp_path, programs):
    """Afterwards nothing of it runs."""
    place = Place(tmp_path, programs)
    yield place
    asyncio.run(place.end())
    assert place.left() == []
