"""What shares the traffic: in memory, a real HAProxy and a real nginx pass the same suite."""

import os

import pytest

from ecluse.model.balancer import BalancerKind
from ecluse.providers.haproxy.balancer import HaproxyBalancer
from ecluse.providers.memory.balancer import MemoryBalancer
from ecluse.providers.nginx.balancer import NginxBalancer
from ecluse.providers.outpost.here import HereOutpost
from ecluse.testing.balancer import A, B, BalancerContract
from support.balancers import about, haproxy, nginx, servers
from support.ports import free_port


class TestMemoryBalancer(BalancerContract):
    @pytest.fixture
    def balancer(self):
        return MemoryBalancer([A, B])


@pytest.mark.live
class TestHaproxy(BalancerContract):
    @pytest.fixture
    def balancer(self, tmp_path):
        listen, a, b = free_port(), free_port(), free_port()
        made = HaproxyBalancer(about(BalancerKind.HAPROXY, tmp_path, listen, a=a, b=b), HereOutpost(os.environ))
        with servers(a, b), haproxy(tmp_path, made.configuration(), listen):
            yield made


@pytest.mark.live
class TestNginx(BalancerContract):
    @pytest.fixture
    def balancer(self, tmp_path):
        listen, a, b = free_port(), free_port(), free_port()
        made = NginxBalancer(about(BalancerKind.NGINX, tmp_path, listen, a=a, b=b), HereOutpost(os.environ))
        with servers(a, b), nginx(tmp_path, made.configuration(), made.servers(), listen):
            yield made
