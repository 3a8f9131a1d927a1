"""A pair of sockets on IPv6: weights hold, private questions are refused."""

import socket
import urllib.request

import pytest

from support.keeper_host import RefusedError, eventually, weights

pytestmark = pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 on this machine")


def get(port):
    with urllib.request.urlopen(f"http://[::1]:{port}/", timeout=10) as answer:
        return answer.read().decode()


@pytest.fixture
def loopback():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no address ::1 on this machine")


@pytest.mark.usefixtures("loopback")
def test_releases_are_swapped_over_ipv6(host):
    host.up().take()
    for slot, version in (("blue", "1"), ("green", "2")):
        release = {**host.running(version), "address": "::1"}
        host.orders("start", running=release, slot=slot)
        with pytest.raises(RefusedError, match="IPv6"):
            host.ask(slot)
        host.orders("route", **weights(slot))
        assert eventually(lambda: get(host.port), 10, OSError) == version
    assert host.orders("observe")["url"] == f"http://[::1]:{host.port}"
