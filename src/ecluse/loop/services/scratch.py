"""Services of one run: empty when it begins, gone when it ends. The app's own are never used in their place."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ecluse.model.app import Service, Step
from ecluse.model.ids import ServiceName
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.ports.commands import Command, Finished
from ecluse.ports.world import World
from ecluse.wire import services as wire

PATIENCE = 60.0
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ADDRESS = "address.json"


@dataclass(slots=True, kw_only=True)
class Scratch:
    """They live below the step supervisor: however we end, they do. Their data lies in `folder`."""

    world: World
    folder: Path
    _serving: dict[ServiceName, asyncio.Task[Finished]] = field(default_factory=dict, init=False)
    _addresses: dict[str, Mapping[str, Any]] = field(default_factory=dict, init=False)
    _providing: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def provide(self, services: Iterable[Service]) -> None:
        """Start those that don't run; returns when all answer. ProblemError V001, V002: one can't be had; V004: it
        doesn't start."""
        async with self._providing:  # of two steps that want the same one, the second waits until it is there
            await asyncio.gather(*(self._start(one) for one in services if one.name not in self._addresses))

    async def _start(self, service: Service) -> None:
        programs = await self.world.services.get(service, self.world.reporter.note)
        argv = self.world.services.serve(service, programs, self._place(service))
        self._serving[service.name] = asyncio.create_task(self._run(service, argv))
        await self._ready(service)

    def variables(self, services: Iterable[Service]) -> dict[str, str]:
        """The addresses, in the forms that the app wants."""
        return wire.variables([{"name": one.name, "env": one.env} for one in services], self._addresses)

    @property
    def ports(self) -> frozenset[int]:
        """Where they listen."""
        return frozenset(address["port"] for address in self._addresses.values())

    @property
    def passwords(self) -> tuple[str, ...]:
        return tuple(wire.passwords(self._addresses))

    async def close(self) -> None:
        """End them; returns when they are gone."""
        tasks = tuple(self._serving.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._serving.clear()

    async def _run(self, service: Service, argv: tuple[str, ...]) -> Finished:
        place = self._place(service)
        place.parent.mkdir(parents=True, exist_ok=True)
        log = place.with_suffix(".log")
        return await self.world.commands.run(
            Command(argv=argv, folder=place.parent, env={"PATH": SYSTEM_PATH}, log=log)
        )

    async def _ready(self, service: Service) -> None:
        """Whichever comes first: it answers, or it has ended."""
        place, serving = self._place(service), self._serving[service.name]
        place.parent.mkdir(parents=True, exist_ok=True)
        argv = self.world.services.wait(place, PATIENCE)
        command = Command(argv=argv, folder=place.parent, env={"PATH": SYSTEM_PATH})
        asking = asyncio.create_task(self.world.commands.run(command))
        try:
            await asyncio.wait((asking, serving), return_when=asyncio.FIRST_COMPLETED)
            if not (asking.done() and asking.result().ok) or serving.done():
                raise ProblemError(unready(service, serving.result() if serving.done() else None))
        finally:
            asking.cancel()
            with suppress(asyncio.CancelledError):
                await asking
        text = await asyncio.to_thread((place / ADDRESS).read_text, "utf-8")
        self._addresses[service.name] = json.loads(text)

    def _place(self, service: Service) -> Path:
        return self.folder / service.name


def services_for(step: Step, declared: tuple[Service, ...]) -> tuple[Service, ...]:
    """Tests find all, checks none, unless the step says which."""
    if step.services is None:
        return declared if step.group == "test" else ()
    return tuple(service for service in declared if service.name in step.services)


@asynccontextmanager
async def scratch(world: World, folder: Path) -> AsyncIterator[Scratch]:
    services = Scratch(world=world, folder=folder)
    try:
        yield services
    finally:
        await services.close()


def unready(service: Service, ended: Finished | None) -> Problem:
    what = "ended before it answered" if ended else f"did not answer within {PATIENCE:.0f} s"
    return Problem(
        code="V004", what=f"the service {service.name} ({service.kind}) {what}",
        evidence=tuple(ended.output.splitlines()[-12:]) if ended else (),
        fix="mend what the evidence names; `ecluse doctor` says which services this machine can give",
        exit=Exit.REFUSED,
    )  # fmt: skip
