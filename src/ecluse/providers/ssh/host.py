"""A host over SSH, before it has a keeper: fills ports.hosts.Host."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any

from ecluse.model.app import Argv
from ecluse.model.skew import skew
from ecluse.ports.clock import Clock
from ecluse.ports.hosts import HostFacts, Placed, Prepared, Sent
from ecluse.ports.hosts import Ran as Ended
from ecluse.providers.keeper.package import keeper_zipapp
from ecluse.providers.ssh.placing import placed
from ecluse.providers.ssh.problems import Offered, failed, no_python, too_slow, unreachable
from ecluse.providers.ssh.session import Ran, Session
from ecluse.providers.ssh.words import NO_PYTHON, UNPREPARED, prepare, words

PATIENCE = 60.0


class SshHost:
    def __init__(
        self, session: Session, *, root: str, programs: Path, clock: Clock, transfers: asyncio.Semaphore
    ) -> None:
        """`root`: the folder of Écluse in the user's home there; `programs`: where ours keeps the keeper's program;
        `transfers` limits what is sent to all hosts at once."""
        self._session, self._root, self._programs, self._clock = session, root, programs, clock
        self._transfers = transfers

    @property
    def version(self) -> str:
        """Of the program that it is given."""
        return keeper_zipapp(self._programs)[1]

    async def prepare(self, *, apply: bool) -> Prepared:
        path, version = keeper_zipapp(self._programs)
        given = (self._root, version, "--apply" if apply else "")
        began = self._clock.now().timestamp()
        ran = await self._run(prepare(*given))
        if ran.exit_code == UNPREPARED:
            began = self._clock.now().timestamp()
            ran = await self._run(prepare(*given, sent=True), path.read_bytes())
        ended = self._clock.now().timestamp()
        if ran.exit_code == NO_PYTHON:
            raise no_python(self._session.address, ran.output.decode(errors="replace"))
        if ran.exit_code:
            raise failed(self._session.address, ran.errors or ran.output.decode(errors="replace"))
        return prepared(json.loads(ran.output), began, ended)

    async def run(self, argv: Argv, within: timedelta, say: Callable[[str], None]) -> Ended:
        began, seconds = self._clock.monotonic(), within.total_seconds()
        try:
            async with asyncio.timeout(seconds):
                code = await self._session.stream(words(argv), say)
        except TimeoutError as error:
            await self._session.close()
            raise too_slow(self._session.address, seconds) from error
        return Ended(exit_code=code, seconds=round(self._clock.monotonic() - began, 3))

    async def place(self, file: Sent, within: timedelta, *, apply: bool) -> Placed:
        began, seconds = self._clock.monotonic(), within.total_seconds()
        try:
            found, sent = await placed(self._session, file, seconds, self._transfers, apply=apply)
        except TimeoutError as error:
            await self._session.close()
            raise too_slow(self._session.address, seconds) from error
        return Placed(found=found, sent=sent, seconds=round(self._clock.monotonic() - began, 3))

    async def _run(self, command: str, given: bytes = b"") -> Ran:
        try:
            return await self._session.run(command, given, seconds=PATIENCE)
        except TimeoutError as error:
            raise unreachable(self._session.address, error, Offered()) from error

    async def close(self) -> None:
        await self._session.close()


def prepared(said: Mapping[str, Any], began: float, ended: float) -> Prepared:
    """`began` and `ended`: our time around the question."""
    facts = dict(said["facts"])
    off = skew(float(facts["clock"]), began, ended)
    known = {one.name: facts[one.name] for one in fields(HostFacts) if one.name in facts}
    lists = {name: tuple(facts[name]) for name in ("pythons", "environments")}
    return Prepared(
        changes=tuple(said["changes"]), notes=tuple(said["notes"]), facts=HostFacts(**{**known, **lists}, skew=off)
    )
