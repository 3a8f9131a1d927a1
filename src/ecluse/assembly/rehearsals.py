"""Dry runs: the same as the real thing, but that nothing is sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ecluse.model.app import App, Environment

if TYPE_CHECKING:
    from ecluse.model.ids import HostName
    from ecluse.ports.balancer import Balancer
    from ecluse.ports.hosts import Host
    from ecluse.ports.rehearsal import HostsRehearsal, Ordered, Rehearsal
    from ecluse.ports.target import Target
    from ecluse.ports.world import World


def rehearsal(built: World) -> Rehearsal:
    """A dry run's world: it reads what `built` would, and sends nothing."""
    from ecluse.ledger.unwritten import Unwritten  # noqa: PLC0415
    from ecluse.ports.rehearsal import Rehearsal  # noqa: PLC0415
    from ecluse.providers.memory.clock import FakeClock  # noqa: PLC0415
    from ecluse.providers.rehearsal.balancer import RehearsedBalancer  # noqa: PLC0415
    from ecluse.providers.rehearsal.reporter import Silent  # noqa: PLC0415
    from ecluse.providers.rehearsal.target import RehearsedTarget  # noqa: PLC0415

    sent: defaultdict[HostName, list[Ordered]] = defaultdict(list)

    def targets(app: App, environment: Environment) -> Mapping[HostName, Target]:
        found = built.targets(app, environment)
        return {host: RehearsedTarget(real, built.store, sent[host]) for host, real in found.items()}

    def balancers(app: App, environment: Environment) -> Mapping[HostName, Balancer]:
        return {at: RehearsedBalancer(real, sent[at]) for at, real in built.balancers(app, environment).items()}

    ledger, clock = Unwritten(built.ledger), FakeClock(built.clock.now())
    world = replace(built, targets=targets, balancers=balancers, ledger=ledger, clock=clock, reporter=Silent())
    return Rehearsal(world=world, sent=sent)


def rehearsed(hosts: Mapping[HostName, Host]) -> HostsRehearsal:
    """The same of hosts alone."""
    from ecluse.ports.rehearsal import HostsRehearsal  # noqa: PLC0415
    from ecluse.providers.rehearsal.host import RehearsedHost  # noqa: PLC0415

    sent: dict[HostName, list[Ordered]] = {host: [] for host in hosts}
    return HostsRehearsal(hosts={host: RehearsedHost(real, sent[host]) for host, real in hosts.items()}, sent=sent)
