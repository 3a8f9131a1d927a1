"""What a balancer is told of an environment."""

from dataclasses import replace

import pytest

from ecluse.model.app import App, Environment
from ecluse.model.balanced import balanced, server_name
from ecluse.model.balancer import Balancer, BalancerKind
from ecluse.model.ids import EnvironmentName
from ecluse.testing.releases import WEB

HAPROXY = Balancer(kind=BalancerKind.HAPROXY)
LIVE = Environment(
    name=EnvironmentName("live"), hosts=("deploy@web1", "deploy@10.0.0.2:2222", "deploy@[fd00::1]", "jobs1"),
    roles={"web": ("deploy@web1", "deploy@10.0.0.2:2222", "deploy@[fd00::1]")},
)  # fmt: skip
APP = App(name="shop", processes=(WEB,))


def test_hosts_that_serve_are_found_by_their_name_at_the_public_port():
    found = balanced(APP, LIVE, HAPROXY)
    assert dict(found.addresses) == {
        "web1": "web1:8000", "10.0.0.2:2222": "10.0.0.2:8000", "[fd00::1]": "[fd00::1]:8000",
    }  # fmt: skip
    assert (found.backend, found.file) == ("shop-live", "/etc/nginx/ecluse/shop-live.servers")


def test_where_it_is_found_otherwise_is_said():
    given = replace(HAPROXY, addresses={"deploy@web1": "10.0.0.1", "deploy@10.0.0.2:2222": "10.1.0.2:80"})
    found = balanced(APP, LIVE, given)
    assert (found.addresses["web1"], found.addresses["10.0.0.2:2222"]) == ("10.0.0.1:8000", "10.1.0.2:80")


def test_hosts_of_this_machine_have_a_port_each():
    here = replace(LIVE, hosts=("keeper:hosts/a", "keeper:hosts/b"), roles={}, address="0.0.0.0")
    assert dict(balanced(APP, here, HAPROXY).addresses) == {"hosts/a": "127.0.0.1:8000", "hosts/b": "127.0.0.1:8001"}


@pytest.mark.parametrize(
    ("host", "name"),
    [("web1", "web1"), ("10.0.0.2:2222", "10.0.0.2:2222"), ("hosts/a", "hosts-a"), ("[fd00::1]", "fd00::1")],
)
def test_a_server_has_a_name_that_is_allowed(host, name):
    assert server_name(host) == name
