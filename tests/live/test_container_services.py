"""Services of a step that only Docker has: a real daemon, with images of this machine's own servers."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from ecluse.loop.services.scratch import scratch
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.service import Service, ServiceKind
from ecluse.providers.machine.services import MachineServices
from ecluse.system.commands import SupervisedRunner
from ecluse.testing.reporter import HeardReporter
from support.docker import daemon
from support.service_programs import programs

pytestmark = [pytest.mark.live, pytest.mark.timeout(180), pytest.mark.xdist_group("docker")]

CACHE = Service(name="cache", kind=ServiceKind.REDIS, version="7", env={"CACHE": "{host} {port} {password}"})
OPEN = Service(name="open", kind=ServiceKind.REDIS, version="7", env={"CACHE": "{host} {port}"})
URL = "postgres://{user}:{password}@{host}:{port}/{name}"
DATABASE = Service(name="db", kind=ServiceKind.POSTGRES, version="99", env={"URL": URL})


@pytest.fixture(scope="module")
def docker(tmp_path_factory):
    folder = tmp_path_factory.mktemp("docker")
    with daemon(folder) as docker:
        docker.has_image("redis:7", folder, programs("redis") / "redis-server")
        postgres = programs("postgres")
        share = Path("/usr/share/postgresql") / postgres.parent.name
        if share.is_dir():  # Debian's
            own = [postgres / name for name in ("postgres", "initdb")]
            data = [share, postgres.parent / "lib", Path("/usr/lib/locale/C.utf8"), Path("/usr/share/zoneinfo")]
            docker.has_image("postgres:99", folder, *own, *data)
        yield docker


@pytest.fixture
def world(docker, tmp_path):
    """On a machine that has Docker and no server."""
    runner = SupervisedRunner()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "docker").symlink_to("/usr/bin/docker")
    env = {**docker.environment, "PATH": str(tmp_path / "bin")}
    own = Bare(home=tmp_path, programs=tmp_path / "keepers", env=env, toolchain=NoWheels(), commands=runner)
    yield SimpleNamespace(commands=runner, services=own, reporter=HeardReporter())
    runner.close()


class Bare(MachineServices):
    """As if nothing were installed: what is there would be found wherever PATH leads."""

    def _installed(self, kind):
        return iter(())


class NoWheels:
    async def environment(self, *_, **__):
        raise ProblemError(Problem(code="B012", what="no such package", fix="", exit=Exit.REFUSED))


def said(answers, *lines):
    host, port = answers.split()[:2]
    with socket.create_connection((host, int(port)), 5) as redis:
        for line in lines:
            redis.sendall(line.encode() + b"\r\n")
        return redis.recv(1000).decode()


async def printed(*argv):
    ran = await asyncio.create_subprocess_exec(*argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return (await ran.communicate())[0].decode().strip()


def gone(docker, within=20):
    deadline = time.monotonic() + within
    while docker.containers() and time.monotonic() < deadline:
        time.sleep(0.1)
    return docker.containers() == []


def test_a_cache_asks_for_its_password_and_is_gone_afterwards(world, docker, tmp_path):
    async def work():
        async with scratch(world, tmp_path / "run") as services:
            await services.provide((CACHE,))
            given = services.variables((CACHE,))["CACHE"]
            (container,) = docker.containers()
            assert given.split()[2] not in docker("inspect", "--format", "{{.Args}}", container)
            assert "NOAUTH" in said(given, "PING")
            assert said(given, f"AUTH {given.split()[2]}", "SET a b").startswith("+OK")

    asyncio.run(work())
    assert gone(docker)


def test_one_that_is_handed_no_password_asks_for_none(world, docker, tmp_path):
    async def work():
        async with scratch(world, tmp_path / "run") as services:
            await services.provide((OPEN,))
            assert said(services.variables((OPEN,))["CACHE"], "PING").startswith("+PONG")

    asyncio.run(work())
    assert gone(docker)


def test_a_database_is_made_as_on_a_machine(world, docker, tmp_path):
    if not docker("images", "--quiet", "postgres:99"):
        pytest.skip("PostgreSQL is not Debian's")

    async def work():
        async with scratch(world, tmp_path / "run") as services:
            await services.provide((DATABASE,))
            url = services.variables((DATABASE,))["URL"]
            psql = str(programs("postgres") / "psql")
            assert await printed(psql, url, "-Atc", "select current_database()") == "app"
            assert await printed(psql, url.replace(services.passwords[0], "wrong"), "-c", "select 1") == ""

    asyncio.run(work())
    assert gone(docker)


KILLED = """
import asyncio, sys
from pathlib import Path
sys.path[:0] = {path!r}
from live.test_container_services import *
from support.docker import Docker

async def work(world, folder):
    async with scratch(world, folder) as services:
        await services.provide((CACHE,))
        print("up", flush=True)
        await asyncio.sleep(60)

runner = SupervisedRunner()
home, env = Path({folder!r}), {env!r}
own = Bare(home=home, programs=home / "keepers", env=env, toolchain=NoWheels(), commands=runner)
asyncio.run(work(SimpleNamespace(commands=runner, services=own, reporter=HeardReporter()), home / "run"))
"""


@pytest.mark.parametrize("what", ["us", "the client"])
def test_none_outlives_a_sigkill(docker, tmp_path, what):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "docker").symlink_to("/usr/bin/docker")
    env = {**docker.environment, "PATH": str(tmp_path / "bin")}
    code = KILLED.format(path=sys.path, folder=str(tmp_path), env=env)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"up\n"
        assert len(docker.containers()) == 1
        if what == "us":
            process.kill()
        else:
            for pid in clients(docker):
                os.kill(pid, signal.SIGKILL)
        assert gone(docker)
        process.kill()


def clients(docker):
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if b"ecluse=service" in words and str(docker.socket).encode() in (entry / "environ").read_bytes():
                yield int(entry.name)


def test_an_image_that_can_not_be_had_is_a_problem(world, docker, tmp_path):
    other = Service(name="cache", kind=ServiceKind.REDIS, version="0.0", env=CACHE.env)

    async def work():
        async with scratch(world, tmp_path / "run") as services:
            with pytest.raises(ProblemError) as refused:
                await services.provide((other,))
            return refused.value.problems[0]

    problem = asyncio.run(work())
    assert problem.code == "V002"
    assert problem.evidence[0] == "docker pull redis:0.0"


def test_what_is_kept_is_never_in_a_container(world):
    assert world.services.find(ServiceKind.REDIS, "7") is None
    assert world.services.find(ServiceKind.REDIS, "7", scratch=True).image == "redis:7"
    with pytest.raises(ProblemError) as refused:
        asyncio.run(world.services.get(CACHE, print))
    assert refused.value.problems[0].code == "V001"


def test_without_a_daemon_it_is_as_if_there_were_no_docker(world, tmp_path):
    env = {"DOCKER_HOST": f"unix://{tmp_path}/nobody.sock", "PATH": str(tmp_path / "bin")}
    own = Bare(home=tmp_path, programs=tmp_path / "keepers", env=env, toolchain=NoWheels(), commands=world.commands)
    with pytest.raises(ProblemError) as refused:
        asyncio.run(own.get(CACHE, print, scratch=True))
    assert refused.value.problems[0].code == "V001"
