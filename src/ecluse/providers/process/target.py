"""The process target: fills ports.target.Target, SplitsTraffic and Upgrades by orders to a keeper on this machine."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from ecluse.model.app import Argv, Service, ServiceKind
from ecluse.model.artifact import Bundle, Wheelhouse
from ecluse.model.ids import DeploymentId, Digest, ReleaseId, ServiceName
from ecluse.model.observed import Holder, LeaseSeen, Observed, SlotSeen
from ecluse.model.redaction import masked
from ecluse.model.slot import Slot, Weights
from ecluse.ports.clock import Clock
from ecluse.ports.services import ServicePrograms
from ecluse.ports.store import ContentStore
from ecluse.ports.target import Answered, Grant, LogLine, Place, Question, RanCommand, Running, Shell
from ecluse.providers.process import documents
from ecluse.providers.process.connection import Connection, Document, LostError, SilentError
from ecluse.providers.process.machine import identified
from ecluse.providers.process.package import keeper_zipapp
from ecluse.providers.process.problems import incomplete, problem, unreachable
from ecluse.providers.process.start import ask_for_port, read_logs, start_keeper
from ecluse.wire.codes import BAD_ORDER, OrderError

QUESTIONS = frozenset({"hello", "observe", "port", "ask", "flaw", "missing", "shell"})
"""Orders that change nothing: they wait for the next keeper, and are asked again."""
SUCCESSOR = 8.0
"""Seconds within which a keeper that ended has a successor that answers; its holder starts one at once, and the next
after two tenths."""
BETWEEN = 0.1
TOGETHER = 1000
"""Files that are handed over with one order."""


class ProcessTarget:
    """One environment on this machine. `folder` is its own; `programs` is where keepers' programs are kept.

    A keeper is started when it is needed. One that is lost in the middle of an order is started again and asked
    once more, because orders may be repeated; a one-off command isn't: K001 then. What only asks goes on asking for a
    while: the one that takes over may be killed too, or be reached on its predecessor's way out.
    """

    splits_traffic = True
    sticky = True

    def __init__(
        self,
        *,
        folder: Path,
        programs: Path,
        store: ContentStore,
        clock: Clock,
        env: Mapping[str, str],
        services: ServicePrograms | None = None,
    ) -> None:
        """`services`: where those come from; without, only an app that declares none can be run."""
        self._folder = folder
        self._programs = programs
        self._store = store
        self._clock = clock
        self._env = env
        self._services = services
        self._connection: Connection | None = None
        self._connecting = asyncio.Lock()
        self._lease = timedelta(seconds=30)
        """How long the lease was taken for, and is renewed for."""
        self._is_shut = False
        """Whether we ended the keeper: the renewal of our lease, which goes on meanwhile, must not start another."""

    async def observe(self) -> Observed:
        if not self._is_recorded() and not await self._answers():
            return Observed(
                at=self._clock.now(), url="", slots=tuple(SlotSeen(slot=slot) for slot in Slot), serving=None
            )
        return documents.observed(await self._order("observe"))

    async def require_port(self, address: str, port: int) -> None:
        try:
            if self._is_recorded() or await self._answers():
                await self._result("port", {"address": address, "port": port}, None, None)
            else:
                await ask_for_port(self._programs, address, port, self._env)
        except OrderError as error:
            if error.code != BAD_ORDER:  # an older keeper can't say
                raise problem(error) from error

    async def take(self, holder: Holder, lease: timedelta, generation: int = 0) -> Grant:
        wanted = {"holder": identified(holder), "seconds": lease.total_seconds(), "generation": generation}
        self._is_shut = False
        taken = await self._order("take", wanted)
        self._lease = lease
        return Grant(holder=holder, generation=taken["generation"])

    async def wait(self, holder: Holder, ticket: float) -> Place:
        return Place(**await self._order("wait", {"holder": identified(holder), "ticket": ticket}))

    async def evict(self, by: str) -> LeaseSeen | None:
        evicted = (await self._order("evict", {"by": by}))["evicted"]
        return documents.lease(evicted) if evicted else None

    async def renew(self, grant: Grant) -> None:
        await self._order("renew", {"seconds": self._lease.total_seconds()}, grant)

    async def give_back(self, grant: Grant) -> None:
        if self._is_recorded() or await self._answers():
            await self._order("give_back", grant=grant)

    async def stage(self, grant: Grant, running: Running, say: Callable[[str], None]) -> None:
        missing = (await self._order("missing", {"digests": _digests(running.bundle)}, grant))["missing"]
        await self._bring(grant, [Digest(digest) for digest in missing])
        bundle = running.bundle.to_json()
        args = {"release": running.release.id, "bundle": bundle, "running": _running(running)}
        hide = _hiding(running)
        try:
            await self._result("stage", args, grant, lambda text: say(hide(text)))
        except OrderError as error:
            raise problem(error, hide) from error

    async def provide(self, grant: Grant, services: tuple[Service, ...], say: Callable[[str], None]) -> None:
        assert self._services is not None  # noqa: S101
        found = [(service, await self._services.get(self._as_kept(service), say)) for service in services]
        wanted = [documents.service(service, programs) for service, programs in found]
        await self._order("provide", {"services": wanted}, grant)

    def _as_kept(self, service: Service) -> Service:
        """PostgreSQL reads its data with the version that made them only."""
        made_by = self._folder / "services" / service.name / "postgres" / "PG_VERSION"
        if service.version or service.kind is not ServiceKind.POSTGRES or not made_by.exists():
            return service
        return replace(service, version=made_by.read_text(encoding="ascii").strip())

    async def withdraw(self, grant: Grant, names: tuple[ServiceName, ...]) -> tuple[str, ...]:
        return tuple((await self._order("withdraw", {"names": list(names)}, grant))["stopped"])

    async def reset(self, grant: Grant, names: tuple[ServiceName, ...]) -> None:
        await self._order("reset", {"names": list(names)}, grant)

    async def shell(self, name: ServiceName) -> Shell:
        found = await self._order("shell", {"name": name})
        return Shell(argv=tuple(found["words"]), env=found["environment"])

    async def begin(
        self, grant: Grant, deployment: DeploymentId, running: Running, slot: Slot, verb: str = "deploy"
    ) -> None:
        args = {"deployment": deployment, "running": _seen(running), "slot": slot.value, "verb": verb}
        await self._order("begin", args, grant)

    async def run(
        self,
        grant: Grant,
        running: Running,
        argv: Argv,
        timeout: timedelta,  # noqa: ASYNC109 the host keeps it
        *,
        looks: bool = False,
    ) -> RanCommand:
        words, seconds = list(argv), timeout.total_seconds()
        args = {"running": _running(running), "argv": words, "seconds": seconds, "looks": looks}
        ran = RanCommand(**await self._order("run", args, grant, repeat=False))
        return replace(ran, output=_hiding(running)(ran.output))

    async def give_up(self, grant: Grant) -> None:
        await self._order("give_up", grant=grant)

    async def start(self, grant: Grant, running: Running, slot: Slot) -> None:
        await self._order("start", {"running": _running(running), "slot": slot.value}, grant)

    async def halt(self, grant: Grant, slot: Slot) -> None:
        await self._order("halt", {"slot": slot.value}, grant)

    async def ask(self, slot: Slot, question: Question) -> Answered:
        args = {
            "slot": slot.value,
            "path": question.path,
            "host": question.host,
            "seconds": question.patience.total_seconds(),
        }
        return documents.answered(await self._order("ask", args))

    async def flaw(self, slot: Slot) -> str:
        return str((await self._order("flaw", {"slot": slot.value}))["flaw"])

    async def route(self, grant: Grant, weights: Weights, *, sticky: bool = False) -> None:
        await self._order("route", {"blue": weights.blue, "green": weights.green, "sticky": sticky}, grant)

    async def hold(self, grant: Grant, deployment: DeploymentId, duration: timedelta, left: tuple[str, ...]) -> None:
        args = {"deployment": deployment, "seconds": duration.total_seconds(), "left": list(left)}
        await self._order("hold", args, grant)

    async def decide(self, grant: Grant, deployment: DeploymentId, hosts: int, warm: timedelta) -> None:
        args = {"deployment": deployment, "hosts": hosts, "warm_seconds": warm.total_seconds()}
        await self._order("decide", args, grant)

    async def commit(self, grant: Grant, deployment: DeploymentId, warm: timedelta) -> None:
        await self._order("commit", {"deployment": deployment, "warm_seconds": warm.total_seconds()}, grant)

    async def abort(self, grant: Grant, deployment: DeploymentId, why: str, *, keep: bool = False) -> str:
        return str((await self._order("abort", {"deployment": deployment, "why": why, "keep": keep}, grant))["kept"])

    async def stop(self, grant: Grant, slot: Slot) -> None:
        await self._order("stop", {"slot": slot.value}, grant)

    async def shut(self, grant: Grant) -> None:
        await self._order("shut", grant=grant)
        self._is_shut = True
        await self.close()

    async def logs(self, *, follow: bool, process: str | None = None, lines: int = 100) -> AsyncIterator[LogLine]:
        if not self._is_recorded() and not await self._answers():
            for item in await read_logs(self._folder, self._programs, self._env, process, lines) if lines else ():
                yield documents.log_line(item)
            return
        connection = await self._connected()
        try:
            async for item in connection.items("logs", {"follow": follow, "process": process, "lines": lines}):
                yield documents.log_line(item)
        except LostError as error:
            raise unreachable(str(error)) from error

    async def forget(self, grant: Grant, keep: tuple[ReleaseId, ...]) -> None:
        await self._order("forget", {"keep": list(keep)}, grant)

    async def upgrade(self, grant: Grant) -> str:
        path, version = keeper_zipapp(self._programs)
        if (await self._order("hello"))["keeper"] != version:
            # The answer is the new keeper's greeting: the old one can't give it, it becomes the new one.
            with suppress(LostError):
                await self._ordered("upgrade", {"path": str(path)}, grant, None)
        return str((await self._order("hello"))["keeper"])

    async def close(self) -> None:
        """End the connection; the keeper stays."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()

    async def _bring(self, grant: Grant, digests: list[Digest]) -> None:
        """Hand files of our content store over, so many with each order."""
        for start in range(0, len(digests), TOGETHER):
            files = {digest: self._kept(digest) for digest in digests[start : start + TOGETHER]}
            await self._order("link", {"files": files}, grant)

    def _kept(self, digest: Digest) -> str:
        try:
            return str(self._store.path(digest))
        except KeyError as error:
            raise incomplete(digest) from error

    async def _order(
        self,
        name: str,
        args: Mapping[str, Any] | None = None,
        grant: Grant | None = None,
        *,
        repeat: bool = True,
    ) -> Document:
        """The result. What the keeper refuses is a ProblemError."""
        try:
            return await self._result(name, args, grant, None, repeat=repeat)
        except OrderError as error:
            raise problem(error) from error

    async def _result(
        self,
        name: str,
        args: Mapping[str, Any] | None,
        grant: Grant | None,
        say: Callable[[str], None] | None,
        *,
        repeat: bool = True,
    ) -> Document:
        """The result; a keeper that is lost on the way is asked once more, or, by a question, the one after it."""
        until = self._clock.monotonic() + (SUCCESSOR if name in QUESTIONS else 0)
        try:
            try:
                return await self._ordered(name, args, grant, say)
            except LostError:
                if not repeat:
                    raise
            while True:
                try:
                    return await self._ordered(name, args, grant, say)
                except LostError as lost:
                    if isinstance(lost, SilentError) or self._is_shut or self._clock.monotonic() >= until:
                        raise
                await self._clock.sleep(BETWEEN)
        except LostError as error:
            raise unreachable(str(error)) from error

    async def _ordered(
        self, name: str, args: Mapping[str, Any] | None, grant: Grant | None, say: Callable[[str], None] | None
    ) -> Document:
        connection = await self._connected()
        return await connection.order(name, args, grant=_grant(grant) if grant else None, say=say)

    async def _connected(self) -> Connection:
        async with self._connecting:
            if self._connection is None or not self._connection.is_open:
                await self.close()
                self._connection = await self._reached()
            return self._connection

    async def _reached(self) -> Connection:
        with suppress(LostError):
            return await Connection.open(self._socket)
        if self._is_shut:
            raise LostError("it was shut")
        await start_keeper(self._folder, self._programs, self._env)
        return await Connection.open(self._socket)

    async def _answers(self) -> bool:
        """Whether a keeper is there; none is started."""
        if self._connection is not None and self._connection.is_open:
            return True
        try:
            await (await Connection.open(self._socket)).close()
        except LostError:
            return False
        return True

    def _is_recorded(self) -> bool:
        """Whether a keeper was here that was never shut: what it left is taken up by the next one."""
        return (self._folder / "keeper.json").exists()

    @property
    def _socket(self) -> Path:
        return self._folder / "keeper.sock"


def _grant(grant: Grant) -> Document:
    return {"holder": {"id": grant.holder.id}, "generation": grant.generation}


def _running(running: Running) -> Document:
    house = _house(running.bundle)
    return documents.running(running, house.python if house else "")


def _hiding(running: Running) -> Callable[[str], str]:
    """Masks the release's secrets in what its commands print."""
    secrets = tuple(running.secrets.values())
    return lambda text: masked(text.encode(errors="replace"), secrets).decode(errors="replace")


def _seen(running: Running) -> Document:
    """For the journal, which is no place for secrets."""
    return {**_running(running), "secrets": {}}


def _house(bundle: Bundle) -> Wheelhouse | None:
    """The wheelhouse that fits this machine; None when the release needs no Python."""
    here = platform.machine()
    return next((house for house in bundle.wheelhouses if house.machine == here), None)


def _digests(bundle: Bundle) -> list[str]:
    """Everything that the host must have, each once."""
    house = _house(bundle)
    wheels = (*house.app, *house.server, house.pip) if house else ()
    return list(dict.fromkeys([*(file.digest for file in bundle.files), *(wheel.digest for wheel in wheels)]))
