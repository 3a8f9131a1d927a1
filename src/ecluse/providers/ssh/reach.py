"""A keeper on another host: spoken to through one remote command, its files sent in pieces."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ecluse.model.ids import Digest
from ecluse.ports.store import ContentStore
from ecluse.ports.target import Sent
from ecluse.ports.terminal import Terminal
from ecluse.ports.tunnel import Pipe
from ecluse.providers.keeper.connection import Connection, LostError
from ecluse.providers.keeper.problems import incomplete
from ecluse.providers.keeper.reach import Order, Start
from ecluse.providers.ssh.channel import Feed, Inlet, Outlet, Process
from ecluse.providers.ssh.host import SshHost
from ecluse.providers.ssh.problems import no_start, unprepared
from ecluse.providers.ssh.sending import send
from ecluse.providers.ssh.session import Session
from ecluse.providers.ssh.words import UNPREPARED, keeper
from ecluse.wire import frames

PATIENCE = 40.0
"""Seconds for the first word of the remote command: it may have to start a keeper."""


class SshReach:
    """Fills providers.keeper.reach.Reach. `folder` is the environment's, below the one of Écluse in the user's home."""

    is_here = False

    def __init__(
        self,
        session: Session,
        host: SshHost,
        *,
        root: str,
        folder: str,
        store: ContentStore,
        transfers: asyncio.Semaphore,
    ) -> None:
        """`root`: the folder of Écluse in the user's home. `transfers` limits what is sent to all hosts at once."""
        self._session, self._host = session, host
        self._root, self._store, self._transfers = root, store, transfers
        self._home = f"~/{root}/{folder}"
        self._about: Mapping[str, Any] = {}

    @property
    def home(self) -> str:
        return self._home

    async def connect(self, start: Start) -> Connection | None:
        process = await self._session.process(keeper(self._root, "talk", self._home, start.value))
        try:
            async with asyncio.timeout(PATIENCE):
                self._about = await self._greeting(process)
        except (frames.FrameError, OSError, TimeoutError) as error:
            process.close()
            raise LostError(str(error) or "no word of it in time") from error
        if self._about["keeper"]:
            return Connection(Inlet(process.stdout), Outlet(process))
        process.close()
        if self._about["trouble"]:
            raise no_start(self._session.address, self._about["trouble"])
        return None

    async def _greeting(self, process: Process) -> Mapping[str, Any]:
        found = await frames.read_message(Inlet(process.stdout))
        if found is not None:
            return found
        await process.wait_closed()
        if process.exit_status == UNPREPARED:
            raise unprepared(self._session.address)
        said = (await process.stderr.read()).decode(errors="replace").strip()
        raise LostError(said or f"the remote command ended with {process.exit_status}")

    async def told(self, *words: str) -> str:
        ran = await self._session.run(keeper(self._root, *words), seconds=PATIENCE)
        if ran.exit_code == UNPREPARED:
            raise unprepared(self._session.address)
        if ran.exit_code:
            raise no_start(self._session.address, ran.errors)
        return ran.output.decode(errors="replace")

    async def attached(self, terminal: Terminal, *words: str) -> int:
        return await self._session.attached(keeper(self._root, *words), terminal)

    async def pipe(self, address: str, port: int, source: str) -> Pipe:
        """sshd connects from whichever address it likes, and may not be allowed to: then a program there does it."""
        if not source and (pipe := await self._session.forwarded(address, port)) is not None:
            return pipe
        words = (address, str(port), *((source,) if source else ()))
        process = await self._session.process(keeper(self._root, "pass", *words))
        return Pipe(Inlet(process.stdout), Feed(process.stdin, process.close))

    async def bring(self, digests: Sequence[Digest], order: Order) -> Sent | None:
        async with self._transfers:
            return await send(self._files(digests), order)

    def _files(self, digests: Sequence[Digest]) -> Mapping[Digest, Path]:
        return {digest: self._kept(digest) for digest in digests}

    def _kept(self, digest: Digest) -> Path:
        try:
            return self._store.path(digest)
        except KeyError as error:
            raise incomplete(digest) from error

    async def program(self) -> tuple[str, str]:
        """Brought there when it isn't: a host has the keeper of whoever deploys to it."""
        version = self._host.version
        if self._about.get("program") != version:
            await self._host.prepare(apply=True)
        return f"~/{self._root}/keepers/keeper-{version}.pyz", version

    async def machine(self) -> str:
        return str(self._about.get("machine", ""))

    async def close(self) -> None:
        await self._session.close()
