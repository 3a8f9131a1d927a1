"""A host over SSH, before it has a keeper: fills ports.hosts.Host."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ecluse.ports.clock import Clock
from ecluse.ports.hosts import HostFacts, Prepared
from ecluse.providers.keeper.package import keeper_zipapp
from ecluse.providers.ssh.problems import Offered, failed, no_python, unreachable
from ecluse.providers.ssh.session import Ran, Session
from ecluse.providers.ssh.words import NO_PYTHON, UNPREPARED, prepare

PATIENCE = 60.0


class SshHost:
    def __init__(self, session: Session, *, root: str, programs: Path, clock: Clock) -> None:
        """`root`: the folder of Écluse in the user's home there; `programs`: where ours keeps the keeper's program."""
        self._session, self._root, self._programs, self._clock = session, root, programs, clock

    @property
    def version(self) -> str:
        """Of the program that it is given."""
        return keeper_zipapp(self._programs)[1]

    async def prepare(self, *, apply: bool) -> Prepared:
        path, version = keeper_zipapp(self._programs)
        words = (self._root, version, "--apply" if apply else "")
        began = self._clock.now().timestamp()
        ran = await self._run(prepare(*words))
        if ran.exit_code == UNPREPARED:
            began = self._clock.now().timestamp()
            ran = await self._run(prepare(*words, sent=True), path.read_bytes())
        ended = self._clock.now().timestamp()
        if ran.exit_code == NO_PYTHON:
            raise no_python(self._session.address, ran.output.decode(errors="replace"))
        if ran.exit_code:
            raise failed(self._session.address, ran.errors or ran.output.decode(errors="replace"))
        return prepared(json.loads(ran.output), began, ended)

    async def _run(self, command: str, given: bytes = b"") -> Ran:
        try:
            return await self._session.run(command, given, seconds=PATIENCE)
        except TimeoutError as error:
            raise unreachable(self._session.address, error, Offered()) from error

    async def close(self) -> None:
        await self._session.close()


def prepared(said: Mapping[str, Any], began: float, ended: float) -> Prepared:
    """`began` and `ended`: our time around the question. A clock that was somewhere between the two is right."""
    facts = dict(said["facts"])
    clock = float(facts["clock"])
    skew = clock - ended if clock > ended else min(clock - began, 0.0)
    known = {name: facts[name] for name in HostFacts.__slots__ if name in facts}
    lists = {name: tuple(facts[name]) for name in ("pythons", "environments")}
    return Prepared(
        changes=tuple(said["changes"]), notes=tuple(said["notes"]), facts=HostFacts(**{**known, **lists}, skew=skew)
    )
