"""What would be sent to hosts, without sending it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from ecluse.model.ids import Digest, HostName
from ecluse.model.values import frozen

if TYPE_CHECKING:  # a fleet's commands need no world
    from ecluse.ports.hosts import Host
    from ecluse.ports.target import Running
    from ecluse.ports.world import World


@frozen
class Ordered:
    """An order, or a command, that a host would get."""

    order: str
    detail: str = ""


@runtime_checkable
class TellsLacking(Protocol):
    async def lacking(self, running: Running) -> tuple[Digest, ...]:
        """What of its bundle would have to be sent. Changes nothing, starts nothing; a target on which nothing runs is
        taken for one that has nothing."""


@frozen
class Rehearsal:
    """`world`: targets and balancers there write down in `sent` what they are told, instead of doing it, and all goes
    well. Time passes at once, nobody is told anything, and the ledger stays as it is."""

    world: World
    sent: Mapping[HostName, Sequence[Ordered]]


@frozen
class HostsRehearsal:
    """`hosts` change nothing, and write down in `sent` what they would be told."""

    hosts: Mapping[HostName, Host]
    sent: Mapping[HostName, Sequence[Ordered]]
