"""A balancer on a machine of its own that is reached over SSH, by a user without special rights."""

import asyncio
import subprocess
from dataclasses import replace

import pytest

from ecluse.model.balanced import ServerState
from ecluse.model.balancer import BalancerKind
from ecluse.model.host import Address, SshSettings
from ecluse.model.problem import Exit, ProblemError
from ecluse.providers.haproxy.balancer import HaproxyBalancer
from ecluse.providers.nginx.balancer import NginxBalancer
from ecluse.providers.ssh.outpost import SshOutpost
from ecluse.providers.ssh.session import Session
from ecluse.providers.ssh.ways import Ways
from ecluse.system.clock import SystemClock
from ecluse.testing.balancer import A, BalancerContract
from support.balancers import about, program
from support.fleet import until
from support.ssh_hosts import made, required

pytestmark = [pytest.mark.live, pytest.mark.looped]


@pytest.fixture(scope="module")
def hosts(tmp_path_factory):
    """`lb1` with a HAProxy of root's; its socket is for one group."""
    required()
    folder = tmp_path_factory.mktemp("lb")
    with made(folder, "lb1") as hosts:
        lb1 = hosts.each["lb1"]
        balancer = haproxy_at(hosts)
        text = balancer.configuration().replace("    user haproxy\n    group haproxy\n", "")
        text = text.replace("group haproxy level", f"gid {lb1.uid} level")
        more = "global\n    stats socket /run/root.sock mode 600 level admin\n"
        lb1.run("sh", "-c", 'printf %s "$1" >/run/haproxy.cfg', "sh", text.replace("global\n", more, 1), user=False)
        with (lb1.folder / "haproxy.log").open("wb") as log:
            # It wants to come back to where it was started, and this checkout may lie in what the host hasn't got.
            words = ("sh", "-c", 'cd / && exec "$@"', "sh", program("haproxy"), "-db", "-f", "/run/haproxy.cfg")
            running = subprocess.Popen(lb1.inside(*words, user=False), stdout=log, stderr=log)
        try:
            until(lambda: lb1.run("sh", "-c", "ls /run/admin.sock || true"), 10)
            yield hosts
        finally:
            running.kill()
            running.wait()


def haproxy_at(hosts, socket="/run/admin.sock"):
    settings = about(BalancerKind.HAPROXY, hosts.folder, 8080, a=8081, b=8082)
    told = replace(settings, health=None, settings=replace(settings.settings, socket=socket))
    return HaproxyBalancer(told, outpost(hosts))


def outpost(hosts, name="lb1"):
    ssh = SshSettings(config=str(hosts.config))
    return SshOutpost(Session(Address.of(name), ssh, SystemClock(), asyncio.Semaphore(5), Ways(ssh)))


class TestHaproxyOverSsh(BalancerContract):
    """Nothing answers behind it, so what isn't drained is down, where the suite wants it to be ready."""

    @pytest.fixture
    def balancer(self, hosts):
        asyncio.run(put_back(haproxy_at(hosts)))
        return UpWhateverItFinds(haproxy_at(hosts))


async def put_back(balancer):
    """What the test before drained."""
    await balancer.undrain(A)
    await balancer.close()


class UpWhateverItFinds:
    """A balancer without checks."""

    def __init__(self, one):
        self._one = one

    def __getattr__(self, name):
        return getattr(self._one, name)

    async def look(self):
        ready = {ServerState.DOWN: ServerState.READY}
        return {
            host: replace(seen, state=ready.get(seen.state, seen.state))
            for host, seen in (await self._one.look()).items()
        }


async def refusal(call):
    with pytest.raises(ProblemError) as error:
        await call
    (problem,) = error.value.problems
    return problem.code, problem.exit, problem.what


async def test_a_socket_of_others_is_told(hosts):
    code, way_out, said = await refusal(haproxy_at(hosts, "/run/root.sock").drain(A))
    assert (code, way_out) == ("H021", Exit.REFUSED)
    assert said == "/run/root.sock on lb1 may not be opened: Permission denied"


async def test_no_socket(hosts):
    code, _, said = await refusal(haproxy_at(hosts, "/run/none.sock").drain(A))
    assert (code, "lb1" in said) == ("H020", True)


async def test_a_file_of_others_is_told(hosts):
    """nginx's, in a folder of root's: it could be read, and not be replaced."""
    hosts.each["lb1"].run(
        "sh", "-c", "mkdir -p /run/n; echo 'server 10.0.0.1:80;  # a' >/run/n/shop.servers", user=False
    )
    settings = about(BalancerKind.NGINX, hosts.folder, 8080, a=8081, b=8082)
    told = replace(settings, settings=replace(settings.settings, file="/run/n/shop.servers", reload=("true",)))
    balancer = NginxBalancer(told, outpost(hosts))
    code, way_out, said = await refusal(balancer.drain(A))
    assert (code, way_out) == ("H021", Exit.REFUSED)
    assert "may not be written" in said


async def test_a_machine_that_is_not_there(hosts):
    code, way_out, _ = await refusal(HaproxyBalancer(haproxy_at(hosts)._balanced, outpost(hosts, "nowhere")).look())
    assert (code[0], way_out) == ("H", Exit.UNREACHABLE)
