"""Where a process is spoken to, and what carries a connection there."""

import os
import socket
import subprocess
import sys

import pytest

from ecluse.keeper.ways import here, listening
from support.keeper_host import SRC, RefusedError


@pytest.mark.parametrize(
    ("family", "address"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::1")]
)
def test_what_a_process_listens_on_is_found(family, address):
    with socket.create_server((address, 0), family=family) as server:
        assert (address, server.getsockname()[1]) in listening([os.getpid()])
    assert [here(one) for one in ("0.0.0.0", "::", "10.0.0.1")] == ["127.0.0.1", "::1", "10.0.0.1"]


def test_the_public_s_way_and_that_of_a_slot(host):
    host.up().take()
    with pytest.raises(RefusedError, match="K023: nothing serves here"):
        host.orders("way", process="", slot="")
    host.deploy(host.running("1.0.0", workers=1), "green")
    public = {"slot": "green", "process": "web", "address": "127.0.0.1", "port": host.port, "source": ""}
    assert host.orders("way", process="", slot="") == public
    assert host.orders("way", process="web", slot="green") == {**public, "source": "127.0.0.3"}
    for refused in ({"process": "", "slot": "blue"}, {"process": "worker", "slot": ""}, {"process": "x", "slot": ""}):
        with pytest.raises(RefusedError, match="K023"):
            host.orders("way", **refused)


def test_a_connection_is_passed_both_ways_from_the_address_that_matters():
    with socket.create_server(("127.0.0.1", 0)) as server:
        words = [sys.executable, "-m", "ecluse.keeper", "pass", "127.0.0.1", str(server.getsockname()[1]), "127.0.0.2"]
        with subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(SRC)}
        ) as passing:
            client, address = server.accept()
            with client:
                passing.stdin.write(b"there")
                passing.stdin.close()
                assert (client.recv(9), client.recv(9), address[0]) == (b"there", b"", "127.0.0.2")
                client.sendall(b"and back")
            assert passing.stdout.read() == b"and back"
            assert passing.wait(10) == 0
