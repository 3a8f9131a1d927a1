"""nginx, told by the file of its servers and a reload: fills ports.balancer.Balancer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ecluse.model.balanced import Balanced, ServerSeen, ServerState, server_name
from ecluse.model.ids import HostName
from ecluse.providers.nginx.configuration import configuration, server_lines
from ecluse.providers.nginx.servers import down, named, up
from ecluse.providers.outpost.outpost import Outpost, told
from ecluse.providers.outpost.problems import no_backend, no_reload, no_server, raced, refused_file

TRIES = 5


class NginxBalancer:
    """A drained host is `down` in the file. A reload starts new workers with it; the old ones answer what they had
    begun, and close connections on which nothing is under way."""

    def __init__(self, balanced: Balanced, outpost: Outpost) -> None:
        self._balanced, self._outpost = balanced, outpost

    def configuration(self) -> str:
        return configuration(self._balanced)

    def servers(self) -> str:
        return server_lines(self._balanced)

    async def look(self) -> Mapping[HostName, ServerSeen]:
        answer = await self._read()
        found = named(answer["text"])
        seen = {host: found.get(server_name(host)) for host in self._balanced.addresses}
        if not any(seen.values()):
            raise no_backend(self._outpost.name, self._balanced.backend, found)
        return {host: _seen(line.is_down, answer["ending"]) for host, line in seen.items() if line is not None}

    async def drain(self, host: HostName) -> None:
        await self._change(host, down)

    async def undrain(self, host: HostName) -> None:
        await self._change(host, up)

    async def close(self) -> None:
        await self._outpost.close()

    async def _read(self) -> Mapping[str, Any]:
        answer = await told(self._outpost, "read", self._balanced.file)
        if "errno" in answer:
            raise refused_file(self._outpost.name, self._balanced.file, answer)
        return answer

    async def _change(self, host: HostName, edit: Callable[[str, str], str]) -> None:
        """Whoever else writes the file isn't overwritten: it is read and edited again."""
        name, path = server_name(host), self._balanced.file
        for _ in range(TRIES):
            before = (await self._read())["text"]
            found = named(before)
            if name not in found:
                raise no_server(self._outpost.name, path, host, name, found)
            after = edit(before, name)
            if after == before or await self._wrote(before, after):
                return
        raise raced(self._outpost.name, path)

    async def _wrote(self, before: str, after: str) -> bool:
        path, reload = self._balanced.file, self._balanced.settings.reload
        given = json.dumps({"before": before, "after": after})
        answer = await told(self._outpost, "change", path, *reload, given=given)
        if "errno" in answer:
            raise refused_file(self._outpost.name, path, answer)
        if "failed" in answer:
            raise no_reload(self._outpost.name, reload, answer)
        return "raced" not in answer


def _seen(is_down: bool, ending: int) -> ServerSeen:
    """Which host an old worker's last requests are at isn't known: they may be at any."""
    state = ServerState.DRAINED if is_down else ServerState.READY
    return ServerSeen(state=state, under_way=ending, why="down" if is_down else "")
