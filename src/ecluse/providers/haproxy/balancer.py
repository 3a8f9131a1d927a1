"""HAProxy, spoken to over its runtime API: fills ports.balancer.Balancer."""

from __future__ import annotations

from collections.abc import Mapping

from ecluse.model.balanced import Balanced, ServerSeen, ServerState, server_name
from ecluse.model.ids import HostName
from ecluse.providers.haproxy.answers import Server, backends, servers
from ecluse.providers.haproxy.configuration import configuration, server_lines
from ecluse.providers.outpost.outpost import Outpost, told
from ecluse.providers.outpost.problems import no_backend, no_server, not_done, refused_socket

LOOK = "show servers state;show stat"


class HaproxyBalancer:
    """What HAProxy answers to a command is text for people. So we look before, whether it knows the server, and after,
    whether it did it, and tell its words only as evidence."""

    def __init__(self, balanced: Balanced, outpost: Outpost) -> None:
        self._balanced, self._outpost = balanced, outpost

    def configuration(self) -> str:
        return configuration(self._balanced)

    def servers(self) -> str:
        return server_lines(self._balanced)

    async def look(self) -> Mapping[HostName, ServerSeen]:
        found = self._known(await self._ask(LOOK))
        named = {host: found.get(server_name(host)) for host in self._balanced.addresses}
        return {host: _seen(server) for host, server in named.items() if server is not None}

    async def drain(self, host: HostName) -> None:
        await self._set(host, "drain", ServerState.DRAINED)

    async def undrain(self, host: HostName) -> None:
        await self._set(host, "ready", ServerState.READY)

    async def close(self) -> None:
        await self._outpost.close()

    async def _set(self, host: HostName, state: str, wanted: ServerState) -> None:
        before = self._server(host, await self._ask(LOOK))
        if before.is_drained is (wanted is ServerState.DRAINED):
            return
        said = await self._ask(f"set server {self._balanced.backend}/{server_name(host)} state {state};{LOOK}")
        if self._server(host, said).is_drained is not (wanted is ServerState.DRAINED):
            raise not_done(self._outpost.name, host, wanted, said)

    def _server(self, host: HostName, said: str) -> Server:
        found, name = self._known(said), server_name(host)
        if name not in found:
            raise no_server(self._outpost.name, self._balanced.backend, host, name, found)
        return found[name]

    def _known(self, said: str) -> Mapping[str, Server]:
        found = servers(said, self._balanced.backend)
        if not found:
            raise no_backend(self._outpost.name, self._balanced.backend, backends(said))
        return found

    async def _ask(self, command: str) -> str:
        socket = self._balanced.settings.socket
        answer = await told(self._outpost, "ask", socket, given=command)
        if "errno" in answer:
            raise refused_socket(self._outpost.name, socket, answer)
        return str(answer["answer"])


def _seen(server: Server) -> ServerSeen:
    state = ServerState.READY if server.is_up else ServerState.DOWN
    return ServerSeen(
        state=ServerState.DRAINED if server.is_drained else state, under_way=server.under_way, why=server.says
    )
