"""A balancer in memory: the contract of ports.balancer, without a process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ecluse.model.balanced import ServerSeen, ServerState
from ecluse.model.ids import HostName
from ecluse.model.problem import Exit, Problem, ProblemError


class MemoryBalancer:
    """`calls` are the drains and undrains that changed something, `down` the hosts whose check fails; `fail` is what
    the next calls raise."""

    def __init__(self, hosts: Iterable[HostName]) -> None:
        self.hosts = list(hosts)
        self.drained: set[HostName] = set()
        self.down: set[HostName] = set()
        self.under_way = 0
        self.calls: list[str] = []
        self._failures: list[Problem] = []

    def fail(self, problem: Problem, times: int = 1) -> None:
        self._failures.extend([problem] * times)

    def configuration(self) -> str:
        return self.servers()

    def servers(self) -> str:
        return "".join(f"server {host}\n" for host in self.hosts)

    async def look(self) -> Mapping[HostName, ServerSeen]:
        self._due()
        return {host: ServerSeen(state=self._state(host), under_way=self.under_way) for host in self.hosts}

    async def drain(self, host: HostName) -> None:
        self._known(host)
        if host not in self.drained:
            self.calls.append(f"drain {host}")
            self.drained.add(host)

    async def undrain(self, host: HostName) -> None:
        self._known(host)
        if host in self.drained:
            self.calls.append(f"undrain {host}")
            self.drained.discard(host)

    async def close(self) -> None:
        """Nothing is open."""

    def _known(self, host: HostName) -> None:
        self._due()
        if host not in self.hosts:
            raise ProblemError(Problem(code="H023", what=f"no server {host}", fix="name it", exit=Exit.REFUSED))

    def _due(self) -> None:
        if self._failures:
            raise ProblemError(self._failures.pop(0))

    def _state(self, host: HostName) -> ServerState:
        if host in self.drained:
            return ServerState.DRAINED
        return ServerState.DOWN if host in self.down else ServerState.READY
