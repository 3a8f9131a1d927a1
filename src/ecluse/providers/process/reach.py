"""A keeper on this machine: its socket, its program, and files that are linked."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ecluse.model.ids import Digest
from ecluse.ports.store import ContentStore
from ecluse.ports.target import Sent
from ecluse.ports.terminal import Terminal
from ecluse.ports.tunnel import Pipe
from ecluse.providers.keeper.connection import Connection, LostError
from ecluse.providers.keeper.package import keeper_zipapp
from ecluse.providers.keeper.problems import incomplete
from ecluse.providers.keeper.reach import Order, Start
from ecluse.providers.process.attached import attached
from ecluse.providers.process.socket import connect
from ecluse.providers.process.start import start_keeper, told

TOGETHER = 1000
"""Files that are handed over with one order."""


class HereReach:
    """Fills providers.keeper.reach.Reach. `folder` is the environment's; `programs` is where keepers' programs are
    kept; `env` is ours, of which a keeper sees little."""

    def __init__(self, *, folder: Path, programs: Path, store: ContentStore, env: Mapping[str, str]) -> None:
        self._folder, self._programs, self._store, self._env = folder, programs, store, env

    @property
    def home(self) -> str:
        return str(self._folder)

    @property
    def is_here(self) -> bool:
        return True

    async def connect(self, start: Start) -> Connection | None:
        with suppress(LostError):
            return await connect(self._socket)
        if start is Start.NEVER or (start is Start.LEFT and not self._is_recorded):
            return None
        await start_keeper(self._folder, self._programs, self._env)
        return await connect(self._socket)

    async def told(self, *words: str) -> str:
        return await told(self._programs, self._env, *words)

    async def attached(self, terminal: Terminal, *words: str) -> int:
        return await attached(self._programs, self._env, terminal, *words)

    async def pipe(self, address: str, port: int, source: str) -> Pipe:
        return Pipe(*await asyncio.open_connection(address, port, local_addr=(source, 0) if source else None))

    async def bring(self, digests: Sequence[Digest], order: Order) -> Sent | None:
        for start in range(0, len(digests), TOGETHER):
            files = {digest: self._kept(digest) for digest in digests[start : start + TOGETHER]}
            await order("link", {"files": files}, b"")
        return None

    def _kept(self, digest: Digest) -> str:
        try:
            return str(self._store.path(digest))
        except KeyError as error:
            raise incomplete(digest) from error

    async def program(self) -> tuple[str, str]:
        path, version = keeper_zipapp(self._programs)
        return str(path), version

    async def machine(self) -> str:
        return platform.machine()

    async def close(self) -> None:
        """Nothing of ours is open."""

    @property
    def _is_recorded(self) -> bool:
        """Whether a keeper was here that was never shut."""
        return (self._folder / "keeper.json").exists()

    @property
    def _socket(self) -> Path:
        return self._folder / "keeper.sock"
