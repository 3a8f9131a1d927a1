"""A host that is only read: fills ports.hosts.Host."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from datetime import timedelta

from ecluse.model.app import Argv
from ecluse.ports.hosts import Host, Placed, Prepared, Ran, Sent
from ecluse.ports.rehearsal import Ordered


class RehearsedHost:
    def __init__(self, real: Host, sent: list[Ordered]) -> None:
        self._real, self._sent = real, sent

    async def prepare(self, *, apply: bool) -> Prepared:  # noqa: ARG002
        """The host is asked what would be changed there."""
        prepared = await self._real.prepare(apply=False)
        self._sent += [Ordered(order="prepare", detail=change) for change in prepared.changes]
        return prepared

    async def run(self, argv: Argv, within: timedelta, say: Callable[[str], None]) -> Ran:  # noqa: ARG002
        """Connects to nobody."""
        self._sent.append(Ordered(order="run", detail=argv[0] if len(argv) == 1 else shlex.join(argv)))
        return Ran(exit_code=0, seconds=0.0)

    async def place(self, file: Sent, within: timedelta, *, apply: bool) -> Placed:  # noqa: ARG002
        """The host is asked what is there."""
        placed = await self._real.place(file, within, apply=False)
        if placed.found != "same":
            self._sent.append(Ordered(order="place", detail=file.path))
        return placed

    async def close(self) -> None:
        """The real one is closed by whoever made it."""
