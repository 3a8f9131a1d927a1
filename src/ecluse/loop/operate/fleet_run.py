"""One command on every host of an environment, all at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import timedelta

from ecluse.loop.each import on_each
from ecluse.model.app import Argv
from ecluse.model.ids import HostName
from ecluse.model.problem import Exit, Problem
from ecluse.model.values import frozen
from ecluse.ports.hosts import Host, Ran

Say = Callable[[HostName, str], None]


@frozen
class Everywhere:
    """How it ended on each host that could be asked; `lost`: why it could not be asked, or didn't end in time."""

    ran: Mapping[HostName, Ran]
    lost: Mapping[HostName, Problem] = field(default_factory=dict)

    @property
    def failed(self) -> Mapping[HostName, Ran]:
        return {host: ran for host, ran in self.ran.items() if ran.exit_code != 0}

    @property
    def exit(self) -> Exit:
        """That a host could not be asked weighs more than that a command failed: nothing is known of it there."""
        if self.lost:
            return Exit.UNREACHABLE
        return Exit.REFUSED if self.failed else Exit.DONE


async def fleet_run(hosts: Mapping[HostName, Host], argv: Argv, *, within: timedelta, say: Say) -> Everywhere:
    """`within` is for each host, connecting included, so all of it takes no longer. `say` gets the lines as they
    come."""
    found = await on_each(hosts, lambda host: hosts[host].run(argv, within, lambda text: say(host, text)))
    return Everywhere(ran=found.done, lost=found.lost)
