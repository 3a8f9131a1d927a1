"""What shares the traffic between the hosts of an environment, where that is no cloud's and no DNS's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import timedelta
from enum import StrEnum

from ecluse.model.host import HERE, host_name
from ecluse.model.ids import HostName
from ecluse.model.values import frozen


class BalancerKind(StrEnum):
    HAPROXY = "haproxy"
    NGINX = "nginx"


@frozen
class Balancer:
    """How the balancer of an environment is reached, and what is written of it.

    It runs on `hosts`, which are reached over SSH (`[USER@]NAME[:PORT]`), or on this machine. `addresses` say by host
    where the balancer finds it, when that isn't its name. `socket` is HAProxy's: the path of a Unix socket, or
    `ADDRESS:PORT`. `file` and `reload` are nginx's: the included file with its servers, and what makes it read that.
    """

    kind: BalancerKind
    hosts: tuple[str, ...] = ()
    listen: str = "0.0.0.0:80"
    addresses: Mapping[str, str] = field(default_factory=dict)
    backend: str = ""
    """Empty: `APP-ENVIRONMENT`."""
    socket: str = "/run/haproxy/admin.sock"
    file: str = ""
    """Empty: `/etc/nginx/ecluse/BACKEND.servers`."""
    reload: tuple[str, ...] = ("nginx", "-s", "reload")
    drain: bool = False
    """Whether a rolling deploy takes each batch of hosts out of it while it is at work there."""
    drain_within: timedelta = timedelta(seconds=30)
    """How long requests that were given to a host before may take."""

    @property
    def host_names(self) -> tuple[HostName, ...]:
        return tuple(map(host_name, self.hosts)) or (HERE,)
