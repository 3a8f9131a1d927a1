"""`[environments.NAME.balancer]`: what shares the traffic between the hosts."""

from __future__ import annotations

from typing import Annotated

from pydantic import Strict

from ecluse.manifest.schema.key import Table, key
from ecluse.manifest.schema.shapes import (
    ControlSocket,
    Listening,
    MachineHost,
    ProxyName,
    Reachable,
    SshHost,
    SystemPath,
)
from ecluse.manifest.schema.types import Command, Duration, Truth
from ecluse.model import balancer as model

_DEFAULT = model.Balancer(kind=model.BalancerKind.HAPROXY)


class BalancerTable(Table):
    """The HAProxy or nginx in front of the hosts: `ecluse balancer` writes its configuration and drains hosts."""

    kind: Annotated[model.BalancerKind, Strict(False)] = key("haproxy or nginx.", example="haproxy")
    hosts: list[MachineHost] = key(
        "Where it runs, reached over SSH; none: on this machine. Several are drained alike.",
        example=["deploy@lb1"],
        default_factory=list,
    )
    listen: Listening = key(
        "The address with its port on which it listens, in the configuration that is written.",
        example="0.0.0.0:8080",
        default=_DEFAULT.listen,
    )
    addresses: dict[SshHost, Reachable] = key(
        "Where it finds a host, named as in `hosts` of the environment; none: by that name, at `port`.",
        example={"deploy@web1": "10.0.0.5"},
        default_factory=dict,
    )
    backend: ProxyName | None = key(
        "Its name for the hosts together: the backend, or upstream; none: APP-ENVIRONMENT.",
        example="app",
        default=None,
    )
    socket: ControlSocket = key(
        "HAProxy's runtime API, of level admin: the path of a Unix socket or an address, as seen from where it runs.",
        example="127.0.0.1:9999",
        default=_DEFAULT.socket,
    )
    file: SystemPath | None = key(
        "The file with the servers that nginx includes, which is written when a host is drained; none: "
        "/etc/nginx/ecluse/BACKEND.servers.",
        example="/etc/nginx/ecluse/shop.servers",
        default=None,
    )
    reload: Command = key(
        "What makes nginx read it again.", example="sudo -n systemctl reload nginx", default=_DEFAULT.reload
    )
    drain: Truth = key(
        "Whether a rolling deploy takes each batch of hosts out of the balancer while it is at work there.",
        example=True,
        default=_DEFAULT.drain,
    )
    drain_within: Duration = key(
        "Time that requests may take which a host was given before it was drained.",
        example="1m",
        default=_DEFAULT.drain_within,
    )
