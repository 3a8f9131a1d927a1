"""A balancer that is only read: fills ports.balancer.Balancer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ecluse.model.balanced import ServerSeen, ServerState
from ecluse.model.ids import HostName
from ecluse.ports.balancer import Balancer
from ecluse.ports.rehearsal import Ordered


class RehearsedBalancer:
    """`real` is looked at once; what it is told is written down, and taken for done."""

    def __init__(self, real: Balancer, sent: list[Ordered]) -> None:
        self._real, self._sent = real, sent
        self._known: dict[HostName, ServerSeen] | None = None

    def configuration(self) -> str:
        return self._real.configuration()

    def servers(self) -> str:
        return self._real.servers()

    async def look(self) -> Mapping[HostName, ServerSeen]:
        if self._known is None:
            self._known = dict(await self._real.look())
        return self._known

    async def drain(self, host: HostName) -> None:
        await self._tell("drain", host, ServerState.DRAINED)

    async def undrain(self, host: HostName) -> None:
        await self._tell("undrain", host, ServerState.READY)

    async def close(self) -> None:
        """The real one is closed by whoever made it."""

    async def _tell(self, order: str, host: HostName, state: ServerState) -> None:
        """What it has under way is answered by then."""
        self._sent.append(Ordered(order=order, detail=f"{host} at the balancer"))
        known = {**await self.look()}
        if host in known:
            under_way = None if known[host].under_way is None else 0
            known[host] = replace(known[host], state=state, under_way=under_way)
        self._known = known
