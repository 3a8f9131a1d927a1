"""What shares the traffic between hosts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from ecluse.model.balanced import ServerSeen
from ecluse.model.ids import HostName


class Balancer(Protocol):
    """One balancer in front of the hosts of an environment. Every call but `close` may be repeated.

    Errors are ProblemError: it can't be asked (H020, exit 5), we aren't let (H021), it doesn't know the hosts together
    (H022) or one of them (H023), it didn't do what it was told (H024).
    """

    def configuration(self) -> str:
        """A complete configuration, with comments, that the tool's own check accepts. Nothing is asked."""

    def servers(self) -> str:
        """The part of it that names the hosts, for a configuration that a person wrote."""

    async def look(self) -> Mapping[HostName, ServerSeen]:
        """The hosts that it knows, from the balancer itself. One that it doesn't know is left out; it is H022 where it
        knows none."""

    async def drain(self, host: HostName) -> None:
        """Give it no new requests; what it was given goes on. Returns when that is so. Drained already: nothing to
        do."""

    async def undrain(self, host: HostName) -> None:
        """Give it requests again, as soon as the balancer's own check of it passes. Not drained: nothing to do."""

    async def close(self) -> None: ...
