"""What a balancer is told of an environment, and what it says of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from ecluse.model.app import App, Environment, Health
from ecluse.model.balancer import Balancer
from ecluse.model.host import Address, host_name
from ecluse.model.ids import HostName
from ecluse.model.values import frozen

NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_.:-]")
"""What haproxy's names of servers can't have (its manual, section 2.5); nginx takes them as comments."""


@frozen
class Balanced:
    """All that a balancer is told of an environment. `addresses`: each host that serves, and where it does."""

    app: str
    environment: str
    backend: str
    settings: Balancer
    addresses: Mapping[HostName, str]
    health: Health | None
    keep_alive: timedelta
    """For which the app keeps an idle connection; a proxy must give it up before."""

    @property
    def file(self) -> str:
        return self.settings.file or f"/etc/nginx/ecluse/{self.backend}.servers"


def balanced(app: App, environment: Environment, settings: Balancer) -> Balanced:
    web = app.web
    hosts = [host for host in environment.host_names if web is None or environment.runs(web, host)]
    return Balanced(
        app=app.name,
        environment=environment.name,
        backend=settings.backend or f"{app.name}-{environment.name}",
        settings=settings,
        addresses={host: address_of(host, environment, settings) for host in hosts},
        health=web.health if web else None,
        keep_alive=web.keep_alive if web else timedelta(seconds=5),
    )


def address_of(host: HostName, environment: Environment, settings: Balancer) -> str:
    """`NAME:PORT`: as `addresses` says, else the host's name, or on this machine the address that it listens on."""
    there = environment.on(host)
    given = {host_name(text): address for text, address in settings.addresses.items()}.get(host)
    if given:
        return given if Address.of(given).port else f"{given}:{there.port}"
    if not environment.is_remote:
        own = "127.0.0.1" if there.address == "0.0.0.0" else there.address  # noqa: S104  compared with
        return f"{own}:{there.port}"
    name = next(Address.of(text).name for text in environment.hosts if host_name(text) == host)
    return f"[{name}]:{there.port}" if ":" in name else f"{name}:{there.port}"


def server_name(host: HostName) -> str:
    """What the balancer calls a host: its name, without what no name there may have."""
    return NOT_IN_A_NAME.sub("-", host).strip("-")


class ServerState(StrEnum):
    READY = "ready"
    DRAINED = "drained"
    """It gets no new requests because somebody said so."""
    DOWN = "down"
    """The balancer's own health check fails, so it gets none either."""


@frozen
class ServerSeen:
    """One host as the balancer has it. `under_way`: requests that it was given and hasn't answered, as far as can be
    told (nginx: workers that still end what they had begun, whatever host they gave it to)."""

    state: ServerState
    under_way: int | None = None
    why: str = ""
    """What the balancer says of it."""
