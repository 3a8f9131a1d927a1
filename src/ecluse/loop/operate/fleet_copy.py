"""One file to every host of an environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import timedelta

from ecluse.loop.each import on_each, worst
from ecluse.model.ids import HostName
from ecluse.model.problem import Exit, Problem
from ecluse.model.values import frozen
from ecluse.ports.hosts import Host, Placed, Sent


@frozen
class Copied:
    """What was found on each host, and done about it; `lost`: why it could not be put there."""

    placed: Mapping[HostName, Placed]
    lost: Mapping[HostName, Problem] = field(default_factory=dict)

    @property
    def changed(self) -> tuple[HostName, ...]:
        return tuple(host for host, placed in self.placed.items() if placed.found != "same")

    @property
    def exit(self) -> Exit:
        """That a host could not be asked weighs more than that it refused: nothing is known of it there."""
        return worst(self.lost)


async def fleet_copy(hosts: Mapping[HostName, Host], file: Sent, *, within: timedelta) -> Copied:
    """Safe to repeat: what is there already isn't sent. `within` is for each host."""
    found = await on_each(hosts, lambda host: hosts[host].place(file, within, apply=True))
    return Copied(placed=found.done, lost=found.lost)
