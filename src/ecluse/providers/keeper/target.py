"""A target with a keeper: fills ports.target.Target, and the abilities that keepers have, by orders to it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from ecluse.model.app import Argv
from ecluse.model.artifact import Wheelhouse
from ecluse.model.holder import Holder
from ecluse.model.ids import DeploymentId, Digest, ReleaseId, ServiceName
from ecluse.model.observed import LeaseSeen, Observed, SlotSeen
from ecluse.model.platform import HostPlatform
from ecluse.model.redaction import masked
from ecluse.model.service import Service, ServiceKind
from ecluse.model.skew import skew
from ecluse.model.slot import Slot, Weights
from ecluse.ports.clock import Clock
from ecluse.ports.services import ServicePrograms
from ecluse.ports.target import (
    ALL_LINES,
    Answered,
    Grant,
    Lines,
    LogLine,
    Place,
    Question,
    RanCommand,
    Running,
    Sent,
    Shell,
)
from ecluse.ports.terminal import Terminal
from ecluse.ports.tunnel import Pipe, Way
from ecluse.providers.keeper import documents
from ecluse.providers.keeper.connection import Document, LostError
from ecluse.providers.keeper.identity import identified
from ecluse.providers.keeper.orders import Orders
from ecluse.providers.keeper.problems import newer_keeper, not_removed, older_keeper, problem, unreachable
from ecluse.providers.keeper.reach import Reach
from ecluse.providers.keeper.streams import Masking
from ecluse.wire.archive import edition
from ecluse.wire.codes import BAD_ORDER, OrderError


class KeeperTarget:
    """One environment on one host. A keeper is started when it is needed."""

    splits_traffic = True
    sticky = True

    def __init__(self, reach: Reach, *, clock: Clock, services: ServicePrograms | None = None) -> None:
        """`services`: where those come from; without, only an app that declares none can be run."""
        self._reach = reach
        self._clock = clock
        self._services = services
        self._orders = Orders(reach, clock)
        self._lease = timedelta(seconds=30)
        """How long the lease was taken for, and is renewed for."""

    async def observe(self) -> Observed:
        if not await self._orders.is_there():
            return Observed(
                at=self._clock.now(), url="", slots=tuple(SlotSeen(slot=slot) for slot in Slot), serving=None
            )
        began = self._clock.now().timestamp()
        seen = documents.observed(await self._orders.give("observe"))
        return replace(seen, skew=skew(seen.at.timestamp(), began, self._clock.now().timestamp()))

    async def platform(self) -> HostPlatform | None:
        if self._reach.is_here:
            return None
        try:
            told = await self._orders.result("platform", None, None, None)
        except OrderError as error:
            if error.code != BAD_ORDER:  # an older keeper can't say
                raise problem(error) from error
            return None
        return documents.platform(told)

    async def require_port(self, address: str, port: int) -> None:
        try:
            if await self._orders.is_there():
                await self._orders.result("port", {"address": address, "port": port}, None, None)
            else:
                _require(await self._reach.told("port", address, str(port)))
        except OrderError as error:
            if error.code != BAD_ORDER:  # an older keeper can't say
                raise problem(error) from error

    async def wake(self) -> None:
        self._orders.is_shut = False
        await self._orders.give("hello")

    async def take(self, holder: Holder, lease: timedelta, generation: int = 0) -> Grant:
        wanted = {"holder": identified(holder), "seconds": lease.total_seconds(), "generation": generation}
        self._orders.is_shut = False
        taken = await self._orders.give("take", wanted)
        self._lease = lease
        return Grant(holder=holder, generation=taken["generation"])

    async def wait(self, holder: Holder, ticket: float) -> Place:
        return Place(**await self._orders.give("wait", {"holder": identified(holder), "ticket": ticket}))

    async def evict(self, by: str) -> LeaseSeen | None:
        evicted = (await self._orders.give("evict", {"by": by}))["evicted"]
        return documents.lease(evicted) if evicted else None

    async def renew(self, grant: Grant) -> None:
        await self._orders.give("renew", {"seconds": self._lease.total_seconds()}, grant)

    async def give_back(self, grant: Grant) -> None:
        if await self._orders.is_there():
            await self._orders.give("give_back", grant=grant)

    async def stage(self, grant: Grant, running: Running, say: Callable[[str], None]) -> Sent | None:
        sent = await self._bring(grant, await self._digests(running))
        house = await self._house(running)
        bundle = (replace(running.bundle, wheelhouses=(house,)) if house else running.bundle).to_json()
        args = {"release": running.release.id, "bundle": bundle, "running": await self._running(running)}
        hide = _hiding(running)
        try:
            await self._orders.result("stage", args, grant, lambda text: say(hide(text)))
        except OrderError as error:
            raise problem(error, hide) from error
        return sent

    async def lacking(self, running: Running) -> tuple[Digest, ...]:
        there = await self._orders.is_there()
        digests = await self._digests(running)
        missing = (await self._orders.give("missing", {"digests": digests}))["missing"] if there else digests
        return tuple(map(Digest, missing))

    async def provide(self, grant: Grant, services: tuple[Service, ...], say: Callable[[str], None]) -> None:
        assert self._services is not None  # noqa: S101
        found = [(service, await self._services.get(self._as_kept(service), say)) for service in services]
        wanted = [documents.service(service, programs) for service, programs in found]
        await self._orders.give("provide", {"services": wanted}, grant)

    def _as_kept(self, service: Service) -> Service:
        """PostgreSQL reads its data with the version that made them only."""
        if service.version or service.kind is not ServiceKind.POSTGRES or not self._reach.is_here:
            return service
        made_by = Path(self._reach.home, "services") / service.name / "postgres" / "PG_VERSION"
        if not made_by.exists():
            return service
        return replace(service, version=made_by.read_text(encoding="ascii").strip())

    async def withdraw(self, grant: Grant, names: tuple[ServiceName, ...]) -> tuple[str, ...]:
        return tuple((await self._orders.give("withdraw", {"names": list(names)}, grant))["stopped"])

    async def reset(self, grant: Grant, names: tuple[ServiceName, ...]) -> None:
        await self._orders.give("reset", {"names": list(names)}, grant)

    async def shell(self, name: ServiceName) -> Shell:
        found = await self._orders.give("shell", {"name": name})
        return Shell(argv=tuple(found["words"]), env=found["environment"])

    async def begin(
        self, grant: Grant, deployment: DeploymentId, running: Running, slot: Slot, verb: str = "deploy"
    ) -> None:
        args = {"deployment": deployment, "running": await self._seen(running), "slot": slot.value, "verb": verb}
        await self._orders.give("begin", args, grant)

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
        args = {"running": await self._running(running), "argv": words, "seconds": seconds, "looks": looks}
        ran = RanCommand(**await self._orders.give("run", args, grant, repeat=False))
        return replace(ran, output=_hiding(running)(ran.output))

    async def attach(self, grant: Grant | None, running: Running, argv: Argv, terminal: Terminal) -> int:
        args = {"running": await self._running(running), "argv": list(argv)}
        try:
            offered = await self._orders.result("attach", args, grant, None)
        except OrderError as error:
            raise older_keeper() if error.code == BAD_ORDER else problem(error) from error
        words = ("attach", self._reach.home, offered["ticket"])
        if terminal.is_interactive:
            return await self._reach.attached(terminal, *words)
        masking = Masking(terminal, (*running.secrets.values(), *offered["hide"]))
        code = await self._reach.attached(masking, *words)
        await masking.finish()
        return code

    async def give_up(self, grant: Grant) -> None:
        await self._orders.give("give_up", grant=grant)

    async def start(self, grant: Grant, running: Running, slot: Slot) -> None:
        await self._orders.give("start", {"running": await self._running(running), "slot": slot.value}, grant)

    async def halt(self, grant: Grant, slot: Slot) -> None:
        await self._orders.give("halt", {"slot": slot.value}, grant)

    async def ask(self, slot: Slot, question: Question) -> Answered:
        args = {
            "slot": slot.value,
            "path": question.path,
            "host": question.host,
            "seconds": question.patience.total_seconds(),
        }
        return documents.answered(await self._orders.give("ask", args))

    async def way(self, process: str, slot: Slot | None = None) -> Way:
        found = await self._orders.give("way", {"process": process, "slot": slot.value if slot else ""})
        return Way(**{**found, "slot": Slot(found["slot"])})

    async def pipe(self, way: Way) -> Pipe:
        return await self._reach.pipe(way.address, way.port, way.source)

    async def flaw(self, slot: Slot) -> str:
        return str((await self._orders.give("flaw", {"slot": slot.value}))["flaw"])

    async def route(self, grant: Grant, weights: Weights, *, sticky: bool = False) -> None:
        await self._orders.give("route", {"blue": weights.blue, "green": weights.green, "sticky": sticky}, grant)

    async def remember_drained(self, grant: Grant, by: DeploymentId | None) -> None:
        await self._orders.give("drained", {"by": by or ""}, grant)

    async def hold(self, grant: Grant, deployment: DeploymentId, duration: timedelta, left: tuple[str, ...]) -> None:
        args = {"deployment": deployment, "seconds": duration.total_seconds(), "left": list(left)}
        await self._orders.give("hold", args, grant)

    async def decide(self, grant: Grant, deployment: DeploymentId, hosts: int, warm: timedelta) -> None:
        args = {"deployment": deployment, "hosts": hosts, "warm_seconds": warm.total_seconds()}
        await self._orders.give("decide", args, grant)

    async def commit(self, grant: Grant, deployment: DeploymentId, warm: timedelta) -> None:
        await self._orders.give("commit", {"deployment": deployment, "warm_seconds": warm.total_seconds()}, grant)

    async def abort(self, grant: Grant, deployment: DeploymentId, why: str, *, keep: bool = False) -> str:
        args = {"deployment": deployment, "why": why, "keep": keep}
        return str((await self._orders.give("abort", args, grant))["kept"])

    async def stop(self, grant: Grant, slot: Slot) -> None:
        await self._orders.give("stop", {"slot": slot.value}, grant)

    async def shut(self, grant: Grant, *, remove: bool = False) -> tuple[str, ...]:
        answer = await self._orders.give("shut", {"remove": True} if remove else None, grant=grant)
        self._orders.is_shut = True
        await self.close()
        if remove and not (answer or {}).get("removed"):
            raise not_removed()
        return tuple((answer or {}).get("killed", ()))  # an older keeper doesn't say

    async def logs(self, *, follow: bool, of: Lines = ALL_LINES, lines: int = 100) -> AsyncIterator[LogLine]:
        if not await self._orders.is_there():
            for item in await self._kept_logs(of, lines) if lines else ():
                yield documents.log_line(item)
            return
        connection = await self._orders.connected()
        try:
            asked = {"follow": follow, "lines": lines, **documents.lines(of)}
            async for item in connection.items("logs", asked):
                if of.has(line := documents.log_line(item)):  # an older keeper sends all of a process
                    yield line
        except LostError as error:
            raise unreachable(str(error)) from error

    async def _kept_logs(self, of: Lines, lines: int) -> list[Document]:
        """What was printed while there was a keeper, oldest first."""
        asked = ["--home", self._reach.home, "--lines", str(lines), *documents.lines_options(of)]
        said = await self._reach.told("logs", *asked)
        return [json.loads(line) for line in said.split("\n") if line]

    async def forget(self, grant: Grant, keep: tuple[ReleaseId, ...]) -> None:
        await self._orders.give("forget", {"keep": list(keep)}, grant)

    async def upgrade(self, grant: Grant) -> str:
        there = await self._orders.give("hello")
        if is_newer(there.get("edition", ""), edition()):
            raise newer_keeper(there["edition"], edition())
        path, version = await self._reach.program()
        if there["keeper"] != version:
            # The answer is the new keeper's greeting: the old one can't give it, it becomes the new one.
            with suppress(LostError):
                await self._orders.once("upgrade", {"path": path}, grant, None)
        return str((await self._orders.give("hello"))["keeper"])

    async def close(self) -> None:
        """End the connection; the keeper stays."""
        await self._orders.hang_up()
        await self._reach.close()

    async def _bring(self, grant: Grant, digests: list[str]) -> Sent | None:
        """What was sent, of all that these files have: of those that are there the keeper tells."""

        async def order(name: str, args: Mapping[str, Any], data: bytes) -> Document:
            return await self._orders.give(name, args, grant, data=data)

        there = await self._orders.give("missing", {"digests": digests}, grant)
        sent = await self._reach.bring([Digest(digest) for digest in there["missing"]], order)
        return replace(sent, of=sent.of + there.get("bytes", 0)) if sent else None

    async def _running(self, running: Running) -> Document:
        house = await self._house(running)
        return documents.running(running, house.python if house else "")

    async def _seen(self, running: Running) -> Document:
        """For the journal, which is no place for secrets."""
        return {**await self._running(running), "secrets": {}}

    async def _house(self, running: Running) -> Wheelhouse | None:
        """The wheelhouse that fits the host; None when the release needs no Python."""
        if running.wheelhouse is not None:
            return running.wheelhouse
        machine = await self._reach.machine()
        return next((house for house in running.bundle.wheelhouses if house.machine == machine), None)

    async def _digests(self, running: Running) -> list[str]:
        """Everything that the host must have, each once."""
        bundle, house = running.bundle, await self._house(running)
        wheels = (*house.app, *house.server, house.pip) if house else ()
        return list(dict.fromkeys([*(file.digest for file in bundle.files), *(wheel.digest for wheel in wheels)]))


def is_newer(one: str, other: str) -> bool:
    """Of two versions of Écluse; what isn't one is old."""
    return _numbers(one) > _numbers(other)


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdigit()]


def _hiding(running: Running) -> Callable[[str], str]:
    """Masks the release's secrets in what its commands print."""
    secrets = tuple(running.secrets.values())
    return lambda text: masked(text.encode(errors="replace"), secrets).decode(errors="replace")


def _require(said: str) -> None:
    """OrderError if that is what the keeper's program said."""
    if said.strip():
        refused = json.loads(said)
        raise OrderError(refused["code"], refused["message"], refused["evidence"])
