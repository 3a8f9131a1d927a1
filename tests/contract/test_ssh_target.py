"""The target with its keeper on another host: the same suite, through a real sshd."""

import asyncio
import itertools
import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from ecluse.model.app import Environment
from ecluse.model.artifact import SourceFile, digest_of
from ecluse.model.host import Address, SshSettings
from ecluse.model.ids import EnvironmentName
from ecluse.providers.keeper.identity import start_time
from ecluse.providers.keeper.target import KeeperTarget
from ecluse.providers.ssh.host import SshHost
from ecluse.providers.ssh.reach import SshReach
from ecluse.providers.ssh.session import Session
from ecluse.providers.ssh.ways import Ways
from ecluse.system.clock import SystemClock
from ecluse.system.store import FolderStore
from ecluse.testing.releases import NOTHING, release_of
from ecluse.testing.target import TargetContract
from support.process_target import APP, HOLDER, WEB, programs  # noqa: F401 fixture
from support.ssh_hosts import made, required

pytestmark = pytest.mark.live
NUMBERS = itertools.count(9000)
TAKEN = 8999
ROOT = ".ecluse"


@pytest.fixture(scope="module")
def host(tmp_path_factory, programs):  # noqa: F811
    required()
    with made(tmp_path_factory.mktemp("hosts"), "web") as hosts:
        place = Place(hosts, Path(programs), tmp_path_factory.mktemp("store"))
        asyncio.run(place.prepare())
        yield place


class Place:
    """The host, and a new environment on it for each test."""

    def __init__(self, hosts, programs, store):  # noqa: F811
        self.host, self.programs, self.store = hosts.each["web"], programs, FolderStore(store)
        self.settings = SshSettings(config=str(hosts.config), folder=ROOT)
        self.number = 0
        file = SourceFile(path="app.py", mode="file", digest=self.store.put_bytes(APP))
        plain = replace(NOTHING, files=(file,))
        self.bundle = replace(plain, digest=digest_of(plain.to_json()))

    def begin(self):
        self.number = next(NUMBERS)

    def session(self):
        return Session(Address.of("web"), self.settings, SystemClock(), asyncio.Semaphore(5), Ways(self.settings))

    def machine(self, session):
        return SshHost(session, root=ROOT, programs=self.programs, clock=SystemClock(), transfers=asyncio.Semaphore(2))

    async def prepare(self):
        machine = self.machine(self.session())
        await machine.prepare(apply=True)
        await machine.close()

    def target(self):
        session, folder = self.session(), f"apps/shop/environments/e{self.number}"
        reach = SshReach(
            session, self.machine(session), root=ROOT, folder=folder, store=self.store, transfers=asyncio.Semaphore(2)
        )
        return KeeperTarget(reach, clock=SystemClock())

    def running(self, version, *processes, **more):
        web = replace(WEB, command=("/usr/bin/python3", "-B", "{tree}/app.py"))
        environment = Environment(name=EnvironmentName("local"), port=self.number)
        made = release_of(version, *(processes or (web,)), bundle=self.bundle, environment=environment)
        return replace(made, **more)

    def end(self):
        """Whatever a test left there."""
        for pid in self.host.pids():
            with suppress(OSError):
                if f"/e{self.number}".encode() in Path(f"/proc/{pid}/environ").read_bytes() + command_line(pid):
                    os.kill(pid, signal.SIGKILL)


def command_line(pid):
    return Path(f"/proc/{pid}/cmdline").read_bytes()


class TestSshTarget(TargetContract):
    @pytest.fixture
    def place(self, host):
        host.begin()
        yield host
        host.end()

    @pytest.fixture
    def target(self, place):
        return place.target()

    @pytest.fixture
    def running(self, place):
        return place.running

    @pytest.fixture
    def later(self):
        return asyncio.sleep

    @pytest.fixture
    def holder(self):
        return HOLDER

    @pytest.fixture
    def taken(self, place):
        script = (
            f"import socket,time; s=socket.create_server(('127.0.0.1',{TAKEN})); print(1,flush=True); time.sleep(99)"
        )
        with subprocess.Popen(place.host.inside("python3", "-c", script), stdout=subprocess.PIPE) as stranger:
            assert stranger.stdout.readline()
            yield TAKEN
            stranger.kill()

    @pytest.fixture
    def gone(self):
        """A host of these tests is on this machine, and sees it: the same boot, the same process namespace."""
        process = subprocess.Popen(["sleep", "60"])
        assert start_time(process.pid)
        process.kill()
        process.wait()
        return replace(HOLDER, id="h-gone", pid=process.pid)
