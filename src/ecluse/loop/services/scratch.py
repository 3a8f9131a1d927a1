"""Services of one run: empty when it begins, gone when it ends. The app's own are never used in their place."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from ecluse.loop.code.workplace import remove_tree
from ecluse.model.ids import ServiceName
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.service import Service, ServiceKind
from ecluse.ports.commands import Command, Finished
from ecluse.ports.world import World
from ecluse.wire import services as wire

PATIENCE = 60.0
LAST_LINES = 12
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ADDRESS = "address.json"


@dataclass(slots=True, kw_only=True)
class Scratch:
    """They live below the step supervisor: however we end, they do. Their data lies in `folder`."""

    world: World
    folder: Path
    _serving: dict[ServiceName, asyncio.Task[Finished]] = field(default_factory=dict, init=False)
    _addresses: dict[str, Mapping[str, Any]] = field(default_factory=dict, init=False)
    _failed: dict[tuple[ServiceName, ServiceKind], tuple[Problem, ...]] = field(default_factory=dict, init=False)
    _providing: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _apart: dict[str, Scratch] = field(default_factory=dict, init=False)

    def apart(self, name: str) -> Scratch:
        """Services of that name's own. Cells of a matrix are one suite several times at once: with one database they
        would meet each other's tables."""
        if name not in self._apart:
            self._apart[name] = Scratch(world=self.world, folder=self.folder / name)
        return self._apart[name]

    async def leave(self, name: str) -> None:
        """Whoever had services of its own is done with them: they end, and their data goes."""
        if gone := self._apart.pop(name, None):
            await gone.close()
            await asyncio.to_thread(remove_tree, gone.folder)

    async def provide(self, services: Iterable[Service], *, left: float | None = None) -> None:
        """Start those that don't run; returns when all answer. `left` are the seconds that there are for it.

        ProblemError V001, V002: one can't be had; V004: it doesn't start. One that failed isn't tried again: this takes
        a minute, and ends in the same way.
        """
        wanted = tuple(services)
        if not wanted:
            return
        async with self._providing:  # of two steps that want the same one, the second waits until it is there
            wanted = tuple(one for one in wanted if one.name not in self._addresses)
            known = [problem for one in wanted for problem in self._failed.get((one.name, one.kind), ())]
            if known:
                raise ProblemError(*known)
            try:
                async with asyncio.TaskGroup() as group:
                    for one in wanted:
                        group.create_task(self._start(one, left))
            except BaseExceptionGroup as failures:  # not `except*`, which wraps what is raised in there
                raise as_one(failures) from None

    async def _start(self, service: Service, left: float | None) -> None:
        try:
            async with asyncio.timeout(left):
                programs = await self.world.services.get(service, self.world.reporter.note, scratch=True)
                await self._served(service, self.world.services.serve(service, programs, self._place(service)))
        except TimeoutError as error:
            if left is None:
                raise
            problem = await self._silent(service, left)
            self._failed[service.name, service.kind] = (problem,)
            raise ProblemError(problem) from error
        except ProblemError as error:
            self._failed[service.name, service.kind] = error.problems
            raise

    async def _served(self, service: Service, argv: tuple[str, ...]) -> None:
        """Returns when it answers; one that doesn't is ended, for it would keep another one from its data."""
        self._serving[service.name] = asyncio.create_task(self._run(service, argv))
        try:
            await self._ready(service)
        except BaseException:
            await ended(self._serving.pop(service.name))
            raise

    def variables(self, services: Iterable[Service]) -> dict[str, str]:
        """The addresses, in the forms that the app wants."""
        return wire.variables([{"name": one.name, "env": one.env} for one in services], self._addresses)

    @property
    def ports(self) -> frozenset[int]:
        """Where they listen."""
        own = (address["port"] for address in self._addresses.values())
        return frozenset(own).union(*(one.ports for one in self._apart.values()))

    @property
    def passwords(self) -> tuple[str, ...]:
        if not (self._addresses or self._apart):
            return ()
        apart = chain.from_iterable(one.passwords for one in self._apart.values())
        return (*wire.passwords(self._addresses), *apart)

    async def close(self) -> None:
        """End them; returns when they are gone."""
        await ended(
            *self._serving.values(), *chain.from_iterable(one._serving.values() for one in self._apart.values())
        )
        self._serving.clear()
        self._apart.clear()

    async def _run(self, service: Service, argv: tuple[str, ...]) -> Finished:
        place = self._place(service)
        place.parent.mkdir(parents=True, exist_ok=True)
        return await self.world.commands.run(
            Command(argv=argv, folder=place.parent, env={"PATH": SYSTEM_PATH}, log=self._log(service))
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
            if serving.done():
                said = serving.result().output
                raise ProblemError(unready(service, "ended before it answered", said))
            if not asking.result().ok:
                raise ProblemError(await self._silent(service, PATIENCE))
        finally:
            asking.cancel()
            with suppress(asyncio.CancelledError):
                await asking
        text = await asyncio.to_thread((place / ADDRESS).read_text, "utf-8")
        self._addresses[service.name] = json.loads(text)

    async def _silent(self, service: Service, seconds: float) -> Problem:
        said = await asyncio.to_thread(read, self._log(service))
        return unready(service, f"did not answer within {seconds:.0f} s", said)

    def _log(self, service: Service) -> Path:
        return self._place(service).with_suffix(".log")

    def _place(self, service: Service) -> Path:
        return self.folder / service.name


@asynccontextmanager
async def scratch(world: World, folder: Path) -> AsyncIterator[Scratch]:
    services = Scratch(world=world, folder=folder)
    try:
        yield services
    finally:
        await services.close()


async def ended(*serving: asyncio.Task[Finished]) -> None:
    for task in serving:
        task.cancel()
    await asyncio.gather(*serving, return_exceptions=True)


def read(log: Path) -> str:
    return log.read_text("utf-8", "replace") if log.exists() else ""


def as_one(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """Every Problem of several failures, unless one of them is something else."""
    others = [each for each in failures.exceptions if not isinstance(each, ProblemError)]
    found = [each.problems for each in failures.exceptions if isinstance(each, ProblemError)]
    return others[0] if others else ProblemError(*chain(*found))


def unready(service: Service, what: str, said: str) -> Problem:
    return Problem(
        code="V004", what=f"the service {service.name} ({service.kind}) {what}",
        evidence=tuple(said.splitlines()[-LAST_LINES:]),
        fix="mend what the evidence names; `ecluse doctor` says which services this machine can give",
        exit=Exit.REFUSED,
    )  # fmt: skip
