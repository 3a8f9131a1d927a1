"""Contradictions in `[environments.NAME.balancer]`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.manifest.contradictions.unused import unused
from ecluse.manifest.fault import Fault
from ecluse.model.app import Interface
from ecluse.model.balanced import server_name
from ecluse.model.balancer import BalancerKind
from ecluse.model.host import host_name
from ecluse.model.rollout import Strategy, batch_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecluse.manifest.fault import KeyPath
    from ecluse.manifest.schema.balancer import BalancerTable
    from ecluse.manifest.schema.environment import EnvironmentTable
    from ecluse.manifest.schema.process import ProcessTable
    from ecluse.model.ids import HostName


def balancer_faults(name: str, environment: EnvironmentTable, processes: Mapping[str, ProcessTable]) -> Iterator[Fault]:
    balancer, path = environment.balancer, ("environments", name, "balancer")
    if balancer is None:
        return
    if not environment.hosts:
        yield Fault(
            code="M071",
            path=path,
            what=f"{name} has no `hosts` that a balancer could share the traffic between",
            fix="name them in `hosts`, or remove the table: one machine needs no balancer",
            at_key=True,
        )
        return
    yield from unused(balancer, path, _without_effect(balancer, environment))
    yield from _address_faults(name, environment, balancer, path)
    yield from _name_faults(environment, path)
    serving = _serving(environment, processes)
    batch = batch_size(environment.rollout.batch, len(environment.hosts))
    if _drains(balancer, environment) and batch >= len(serving):
        yield Fault(
            code="M071",
            path=(*path, "drain"),
            what=f"a batch of {environment.rollout.batch} drains every host that serves at once: "
            f"there {'is' if len(serving) == 1 else 'are'} {len(serving)}",
            fix="make the `batch` smaller than the number of hosts, or remove `drain`: a deploy loses no request "
            "without it",
        )


def _without_effect(balancer: BalancerTable, environment: EnvironmentTable) -> dict[str, str]:
    why: dict[str, str] = {}
    if balancer.kind is BalancerKind.NGINX:
        why["socket"] = "nginx has no runtime API; `file` and `reload` are what it needs"
    if balancer.kind is BalancerKind.HAPROXY:
        why |= dict.fromkeys(("file", "reload"), "HAProxy is told over its `socket`")
    if balancer.drain and not _drains(balancer, environment):
        why["drain"] = "only a `rolling` deploy is at work on some hosts while others serve"
    return why


def _drains(balancer: BalancerTable, environment: EnvironmentTable) -> bool:
    return balancer.drain and environment.strategy is Strategy.ROLLING


def _address_faults(
    name: str, environment: EnvironmentTable, balancer: BalancerTable, path: KeyPath
) -> Iterator[Fault]:
    known = {host_name(host) for host in environment.hosts}
    for host in balancer.addresses:
        if host_name(host) not in known:
            yield Fault(
                code="M071",
                path=(*path, "addresses", host),
                what=f"{host!r} is none of the hosts of {name}",
                fix="name it as in `hosts`",
            )


def _name_faults(environment: EnvironmentTable, path: KeyPath) -> Iterator[Fault]:
    called: dict[str, HostName] = {}
    for host in map(host_name, environment.hosts):
        first = called.setdefault(server_name(host), host)
        if first != host:
            yield Fault(
                code="M071",
                path=path,
                what=f"{first} and {host} have the same name in a balancer: {server_name(host)}",
                fix="rename one of them",
            )


def _serving(environment: EnvironmentTable, processes: Mapping[str, ProcessTable]) -> list[str]:
    """The hosts with a web process; all of them where it isn't said."""
    named = [
        hosts for process, hosts in environment.roles.items() if process in processes and _is_web(processes[process])
    ]
    return named[0] if named else environment.hosts


def _is_web(process: ProcessTable) -> bool:
    return process.interface is not Interface.COMMAND or process.listen is not None
