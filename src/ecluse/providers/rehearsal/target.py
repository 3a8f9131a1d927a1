"""A target that is only read: what it is told is written down, and taken for done."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta

from ecluse.model.app import Argv, Process
from ecluse.model.counted import counted
from ecluse.model.holder import Holder
from ecluse.model.ids import DeploymentId, ReleaseId
from ecluse.model.observed import Held, LeaseSeen, Observed, OpenDeployment, ProcessSeen, SlotSeen, SlotState
from ecluse.model.platform import HostPlatform
from ecluse.model.problem import ProblemError
from ecluse.model.slot import Slot, Weights
from ecluse.ports.rehearsal import Ordered, TellsLacking
from ecluse.ports.store import ContentStore
from ecluse.ports.target import (
    ALL_LINES,
    Answered,
    Grant,
    Lines,
    LogLine,
    Place,
    Question,
    RanCommand,
    ReportsPlatform,
    Running,
    SplitsTraffic,
    Target,
)
from ecluse.ports.terminal import Terminal

UNASKED = RanCommand(exit_code=1, output="", seconds=0.0)
"""The answer to a command that would only look: it isn't run either, so what it would say isn't known."""


class RehearsedTarget:
    """Fills Target. `real` is asked what is there, once, and what it lacks of a bundle; it gets no order, and no lease
    is taken. From then on this is what would be there if all went well."""

    def __init__(self, real: Target, store: ContentStore, sent: list[Ordered]) -> None:
        self._real, self._store, self._sent = real, store, sent
        self.splits_traffic = isinstance(real, SplitsTraffic) and real.splits_traffic
        self.sticky = isinstance(real, SplitsTraffic) and real.sticky
        self._known: Observed | None = None
        self._running: dict[Slot, Running] = {}

    async def observe(self) -> Observed:
        return await self._seen()

    async def require_port(self, address: str, port: int) -> None:
        await self._real.require_port(address, port)

    async def wake(self) -> None:
        await self._seen()

    async def take(self, holder: Holder, lease: timedelta, generation: int = 0) -> Grant:
        seen = await self._seen()
        self._write("take", f"the lease, for {lease.total_seconds():g} s")
        return Grant(holder=holder, generation=max(seen.generation + 1, generation))

    async def wait(self, holder: Holder, ticket: float) -> Place:  # noqa: ARG002
        return Place(ticket=ticket, before=0)

    async def evict(self, by: str) -> LeaseSeen | None:  # noqa: ARG002
        self._write("evict")
        return (await self._seen()).lease

    async def renew(self, grant: Grant) -> None:
        """As often as the time that it takes wants it."""

    async def give_back(self, grant: Grant) -> None:  # noqa: ARG002
        self._write("give_back", "the lease")

    async def platform(self) -> HostPlatform | None:
        return await self._real.platform() if isinstance(self._real, ReportsPlatform) else None

    async def remember_drained(self, grant: Grant, by: DeploymentId | None) -> None:  # noqa: ARG002
        """Nothing is drained either."""
        self._known = replace(await self._seen(), drained_by=by)

    async def stage(self, grant: Grant, running: Running, say: Callable[[str], None]) -> None:  # noqa: ARG002
        self._write("stage", await self._lacking(running))

    async def begin(
        self, grant: Grant, deployment: DeploymentId, running: Running, slot: Slot, verb: str = "deploy"
    ) -> None:
        seen = await self._seen()
        self._write("begin", f"{running.release.version} in {slot}")
        self._known = replace(
            seen,
            open=OpenDeployment(
                id=deployment, release=running.release.id, version=running.release.version, slot=slot,
                previous=seen.serving, generation=grant.generation, last_move="begin", verb=verb, made=("begin",),
            ),
        )  # fmt: skip

    async def run(
        self,
        grant: Grant,  # noqa: ARG002
        running: Running,  # noqa: ARG002
        argv: Argv,
        timeout: timedelta,  # noqa: ARG002, ASYNC109
        *,
        looks: bool = False,
    ) -> RanCommand:
        if looks:
            return UNASKED
        self._write("run", " ".join(argv))
        return replace(UNASKED, exit_code=0)

    async def attach(self, grant: Grant | None, running: Running, argv: Argv, terminal: Terminal) -> int:  # noqa: ARG002
        self._write("attach", " ".join(argv))
        return 0

    async def give_up(self, grant: Grant) -> None:  # noqa: ARG002
        self._write("give_up")

    async def start(self, grant: Grant, running: Running, slot: Slot) -> None:  # noqa: ARG002
        seen = await self._seen()
        names = [process.name for process in running.processes if process.enabled]
        self._write("start", f"{', '.join(names) or 'nothing'} in {slot}")
        self._running[slot] = running
        fresh = SlotSeen(
            slot=slot, state=SlotState.RUNNING, release=running.release.id, version=running.release.version,
            processes=tuple(_up(process) for process in running.processes if process.enabled),
        )  # fmt: skip
        self._put(seen, fresh)

    async def halt(self, grant: Grant, slot: Slot) -> None:  # noqa: ARG002
        seen = await self._seen()
        self._write("halt", str(slot))
        self._put(seen, replace(seen.slot(slot), state=SlotState.HALTED))

    async def ask(self, slot: Slot, question: Question) -> Answered:
        """Well: what a release would answer isn't known before it runs."""
        version = (await self._seen()).slot(slot).version or ""
        running = self._running.get(slot)
        health = next((one.health for one in running.processes if one.is_web and one.health), None) if running else None
        if running is None or health is None or health.path != question.path:
            return Answered(status=200, headers={"x-release": version})
        body = health.body.format(version=version, commit=running.release.commit)
        return Answered(status=health.status[0], headers={"x-release": version}, body=body.encode())

    async def flaw(self, slot: Slot) -> str:  # noqa: ARG002
        return ""

    async def route(self, grant: Grant, weights: Weights, *, sticky: bool = False) -> None:  # noqa: ARG002
        seen = await self._seen()
        shares = ", ".join(f"{weights.of(slot)} % to {slot}" for slot in Slot if weights.of(slot))
        self._write("route", shares)
        for slot in Slot:
            seen = self._put(seen, replace(seen.slot(slot), weight=weights.of(slot)))
        self._known = replace(seen, serving=max(Slot, key=weights.of))

    async def hold(self, grant: Grant, deployment: DeploymentId, duration: timedelta, left: tuple[str, ...]) -> None:  # noqa: ARG002
        self._write("hold", f"for at most {duration}")
        await self._reopen(lambda opened: replace(opened, held=Held(left=left)))

    async def decide(self, grant: Grant, deployment: DeploymentId, hosts: int, warm: timedelta) -> None:  # noqa: ARG002
        self._write("decide")
        await self._reopen(lambda opened: replace(opened, decided=True))

    async def commit(self, grant: Grant, deployment: DeploymentId, warm: timedelta) -> None:  # noqa: ARG002
        seen = await self._seen()
        kept = f"; the release before stays warm for {warm}" if seen.open and seen.open.previous and warm else ""
        self._write("commit", kept.removeprefix("; "))
        self._known = replace(seen, open=None)

    async def abort(self, grant: Grant, deployment: DeploymentId, why: str, *, keep: bool = False) -> str:  # noqa: ARG002
        seen = await self._seen()
        self._write("abort", why)
        if seen.open and seen.open.previous not in (None, seen.open.slot):
            back = seen.open.previous
            seen = self._put(seen, replace(seen.slot(back.other), weight=0))
            seen = self._put(seen, replace(seen.slot(back), weight=100))
            self._known = replace(seen, serving=back)
        self._known = replace(self._known or seen, open=None)
        return ""

    async def stop(self, grant: Grant, slot: Slot) -> None:  # noqa: ARG002
        seen = await self._seen()
        self._write("stop", f"{seen.slot(slot).version or 'what runs'} in {slot}")
        self._put(seen, SlotSeen(slot=slot))

    async def shut(self, grant: Grant, *, remove: bool = False) -> tuple[str, ...]:  # noqa: ARG002
        seen = await self._seen()
        running = [slot.version for slot in seen.slots if slot.version]
        gone = ", releases, data and logs removed" if remove else ""
        self._write("shut", f"{' and '.join(running)} drained and stopped, the keeper ended{gone}" if running else gone)
        self._known = replace(seen, slots=tuple(SlotSeen(slot=slot) for slot in Slot), serving=None, keeper_pid=None)
        return ()

    async def logs(self, *, follow: bool, of: Lines = ALL_LINES, lines: int = 100) -> AsyncIterator[LogLine]:
        async for line in self._real.logs(follow=follow, of=of, lines=lines):
            yield line

    async def forget(self, grant: Grant, keep: tuple[ReleaseId, ...]) -> None:  # noqa: ARG002
        self._write("forget", "all but the releases kept for a rollback")

    def _write(self, order: str, detail: str = "") -> None:
        self._sent.append(Ordered(order=order, detail=detail))

    async def _seen(self) -> Observed:
        """Whoever holds the lease now has it given back by then."""
        if self._known is None:
            self._known = replace(await self._real.observe(), lease=None)
        return self._known

    async def _lacking(self, running: Running) -> str:
        if not running.bundle.digest:
            return f"{running.release.version}; what is lacking there is known when it is built"
        if not isinstance(self._real, TellsLacking):
            return running.release.version
        try:
            digests = await self._real.lacking(running)
        except ProblemError as error:
            return f"{running.release.version}; what is lacking there isn't known: {error}"
        sizes = sum(self._store.path(digest).stat().st_size for digest in digests if self._store.has(digest))
        return f"{running.release.version}; {counted(len(digests), 'file')} lacking, {sizes} bytes before compression"

    async def _reopen(self, change: Callable[[OpenDeployment], OpenDeployment]) -> None:
        seen = await self._seen()
        self._known = replace(seen, open=change(seen.open) if seen.open else None)

    def _put(self, seen: Observed, slot: SlotSeen) -> Observed:
        self._known = replace(seen, slots=tuple(slot if one.slot is slot.slot else one for one in seen.slots))
        return self._known


def _up(process: Process) -> ProcessSeen:
    return ProcessSeen(name=process.name, pid=None, state="running", restarts=0, started_at=None, last_exit="")
