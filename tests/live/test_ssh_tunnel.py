"""Ports here that lead to processes there, through a real sshd."""

import socket

import pytest

from support.remote import opened
from support.ssh_hosts import USER, required
from support.tunnelled import echoed, get, tunnelled

pytestmark = [pytest.mark.live, pytest.mark.network]
ROLES = 'roles = { web = ["web1"], echo = ["jobs1"], quiet = ["jobs1"] }'
ECHO = """
import socket, socketserver
class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        data = b""
        while piece := self.request.recv(65536):
            data += piece
        self.request.sendall(data[::-1])
socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo).serve_forever()
"""
MORE = """
[processes.echo]
command = ["python", "echo.py"]

[processes.quiet]
command = ["sleep", "9999"]
"""


@pytest.fixture(scope="module")
def remote(tmp_path_factory):
    required()
    with opened(tmp_path_factory.mktemp("fleet"), "web1", "jobs1", rollout=ROLES, more=MORE) as made:
        made.shop.write("echo.py", ECHO)
        made.shop.sell("one")
        assert made.ship()["outcome"] == "shipped"
        made.shop.sell("two")
        assert made.ship()["outcome"] == "shipped"
        yield made


@pytest.fixture(params=["forwarded by sshd", "not allowed to be"])
def forwarding(request, remote):
    keys = f"/home/{USER}/.ssh/authorized_keys"
    hosts = [remote.host(name) for name in remote.names]
    for host in hosts:
        host.run("cp", keys, f"{keys}.kept")
        if request.param != "forwarded by sshd":
            host.run("sed", "-i", "s/^/no-port-forwarding /", keys)
    yield
    for host in hosts:
        host.run("mv", f"{keys}.kept", keys)


def test_to_what_serves_and_to_a_process_on_a_port_of_its_own(remote, forwarding):
    with tunnelled(remote.shop, "production") as found:
        assert (found["host"], found["process"]) == ("web1", "web")
        assert [get(found["url"]) for _ in range(3)] == ["shop two"] * 3
    with tunnelled(remote.shop, "production", "echo") as found:
        assert found["host"] == "jobs1"
        data = bytes(range(256)) * 20_000
        assert echoed(found["address"], data) == data[::-1]
    left = [remote.host(name).run("sh", "-c", "ps ax -o args | grep '[ ]pass 127' || true") for name in remote.names]
    assert left == ["", ""]


def test_to_a_slot_without_traffic_and_on_after_a_deploy(remote):
    host = next(host for host in remote.status()["hosts"] if host["name"] == "web1")
    warm = next(slot["name"] for slot in host["slots"] if slot["weight"] == 0)
    with tunnelled(remote.shop, "production", "--slot", warm) as found:
        assert (found["slot"], get(found["url"])) == (warm, "shop one")
    with tunnelled(remote.shop, "production") as found:
        remote.json("rollback", "production")
        assert get(found["url"]) == "shop one"
        remote.json("rollback", "production")
        assert get(found["url"]) == "shop two"


@pytest.mark.parametrize(
    ("words", "code", "problem"),
    [
        (("quiet",), 1, "quiet listens on no port"),
        (("nosuch",), 1, "no process 'nosuch' runs here"),
        (("echo", "--host", "web1"), 1, "no process 'echo' runs here"),
        (("--host", "web9"), 2, "H012"),
    ],
)
def test_what_can_not_be_reached_is_told(remote, words, code, problem):
    done = remote.shop.ecluse("tunnel", "production", *words)
    assert (done.returncode, problem in done.stderr) == (code, True), done.stderr


def test_a_port_that_is_taken_and_a_host_that_is_down(remote):
    with socket.create_server(("127.0.0.1", 0)) as server:
        done = remote.shop.ecluse("tunnel", "production", "--port", str(server.getsockname()[1]))
        assert (done.returncode, "S015" in done.stderr) == (1, True), done.stderr
    remote.host("web1").cut()
    try:
        done = remote.shop.ecluse("tunnel", "production", "--host", "web1")
        assert (done.returncode, "H004" in done.stderr) == (5, True), done.stderr
    finally:
        remote.host("web1").mend()
