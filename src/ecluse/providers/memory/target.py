"""A target in memory: the contract of ports.target, without a process. For tests, and for looking at a plan."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import timedelta

from ecluse.model.app import Argv
from ecluse.model.holder import Holder
from ecluse.model.ids import DeploymentId, ReleaseId
from ecluse.model.observed import Finished, Held, LeaseSeen, Observed, OpenDeployment, SlotSeen
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.slot import Slot, Weights
from ecluse.ports.clock import Clock
from ecluse.ports.target import ALL_LINES, Answered, Grant, Lines, LogLine, Place, Question, RanCommand, Running, Sent
from ecluse.ports.terminal import Terminal
from ecluse.providers.memory.filled import Filled
from ecluse.providers.memory.lease import MemoryLease, refused
from ecluse.providers.memory.script import HEALTHY, Behaviour

TRIES = 3
"""Questions that a release must answer to be called ill."""


class MemoryTarget:
    """Fills Target, SplitsTraffic, RemembersDrains and Upgrades.

    `script` says how a version behaves, `fail` what the next call of a name raises, `calls` what was called. `gone`
    holds the ids of holders whose process has ended. A lease that runs out undoes an open deployment at the next look.
    """

    splits_traffic = True
    sticky = True

    def __init__(self, clock: Clock, url: str = "http://127.0.0.1:8000") -> None:
        self.calls: list[str] = []
        self.ill: set[Slot] = set()
        """Slots that answer 503 whatever runs in them."""
        self.taken: set[int] = set()
        """Ports on which somebody else listens."""
        self.staged: dict[ReleaseId, Running] = {}
        self._clock = clock
        self._url = url
        self._behaviours: dict[str, Behaviour] = {}
        self._failures: dict[str, list[ProblemError]] = {}
        self._slots: dict[Slot, Filled] = {}
        self._weights: dict[Slot, int] = {Slot.BLUE: 0, Slot.GREEN: 0}
        self._lease = MemoryLease(clock)
        self._open: OpenDeployment | None = None
        self._finished: tuple[Finished, ...] = ()
        self._drained_by: DeploymentId | None = None
        self._warm: dict[Slot, timedelta] = {}
        self._held_until = 0.0
        self._decision = (0, timedelta())
        self._pids = 1000
        self._logs: list[LogLine] = []

    @property
    def gone(self) -> set[str]:
        return self._lease.gone

    def script(self, version: str, behaviour: Behaviour) -> None:
        self._behaviours[version] = behaviour

    def restart_machine(self) -> None:
        """What was in memory is gone: releases with secrets want them."""
        for slot, filled in self._slots.items():
            self._slots[slot] = replace(filled, wants_secrets=bool(filled.running.secrets))

    def fail(self, call: str, *problems: Problem) -> None:
        """The next call of that name raises the first problem, the one after it the second, …"""
        self._failures.setdefault(call, []).extend(ProblemError(problem) for problem in problems)

    async def observe(self) -> Observed:
        self._look("observe")
        return Observed(
            at=self._clock.now(),
            url=self._url if self._slots else "",
            slots=tuple(self._seen(slot) for slot in Slot),
            serving=self._serving,
            generation=self._lease.generation,
            lease=self._lease.seen(),
            open=self._open,
            finished=self._finished,
            drained_by=self._drained_by,
            routing="relay" if self._slots else "none",
        )

    async def require_port(self, address: str, port: int) -> None:
        self._look("require_port")
        self._require_port(address, port)

    def _require_port(self, address: str, port: int) -> None:
        there = {(one.environment.address, one.environment.port) for one in self._listening()}
        if there and (address, port) not in there:
            raise refused("K021", "this environment listens elsewhere", Exit.REFUSED)
        if not there and port in self.taken:
            raise refused("K020", f"port {port} is taken", Exit.REFUSED)

    def _listening(self) -> Iterator[Running]:
        for filled in self._slots.values():
            if has_web(filled.running):
                yield filled.running

    async def wake(self) -> None:
        """Always up."""

    async def take(self, holder: Holder, lease: timedelta, generation: int = 0) -> Grant:
        self._look("take")
        return self._lease.take(holder, lease, generation)

    async def wait(self, holder: Holder, ticket: float) -> Place:
        self._look("wait")
        return self._lease.wait(holder, ticket)

    async def evict(self, by: str) -> LeaseSeen | None:  # noqa: ARG002
        self._look("evict")
        return self._lease.evict()

    async def renew(self, grant: Grant) -> None:
        self._check("renew", grant)
        self._lease.renew()

    async def give_back(self, grant: Grant) -> None:
        self._look("give_back")
        self._lease.give_back(grant)

    async def stage(self, grant: Grant, running: Running, say: Callable[[str], None]) -> Sent | None:
        self._check("stage", grant)
        say(f"staged {running.release.version}")
        self.staged[running.release.id] = running
        return None

    async def begin(
        self, grant: Grant, deployment: DeploymentId, running: Running, slot: Slot, verb: str = "deploy"
    ) -> None:
        self._check("begin", grant)
        if self._open is not None and self._open.id == deployment:
            return
        if self._open is not None:
            raise refused("K012", f"deployment {self._open.id} is open", Exit.BUSY)
        self._open = OpenDeployment(
            id=deployment,
            release=running.release.id,
            version=running.release.version,
            slot=slot,
            previous=self._serving,
            generation=self._lease.generation,
            last_move="begin",
            verb=verb,
            made=("begin",),
        )

    async def run(
        self,
        grant: Grant,
        running: Running,
        argv: Argv,
        timeout: timedelta,  # noqa: ARG002, ASYNC109
        *,
        looks: bool = False,
    ) -> RanCommand:
        self._check("look" if looks else "run", grant)
        ran = self._behaviour(running).answer_to(argv)
        if not looks:
            self._moved("run", done=ran.exit_code == 0)
        return ran

    async def attach(self, grant: Grant | None, running: Running, argv: Argv, terminal: Terminal) -> int:
        """What a script says that it prints, written to `terminal`."""
        if grant is None:
            self._look("attach")
        else:
            self._check("attach", grant)
        ran = self._behaviour(running).answer_to(argv)
        await terminal.write(ran.output.encode())
        return 1 if ran.exit_code is None else ran.exit_code

    async def give_up(self, grant: Grant) -> None:
        """Nothing is ever under way here."""
        self._check("give_up", grant)

    async def start(self, grant: Grant, running: Running, slot: Slot) -> None:
        self._check("start", grant)
        there = self._slots.get(slot)
        is_up = there is not None and not there.has_exited(self._clock.monotonic())
        if there and is_up and there.running.release.id == running.release.id:
            self._slots[slot] = replace(there, warm_until=None, wants_secrets=False)
            return
        if self._weights[slot]:
            raise refused("K013", f"{slot} has traffic", Exit.REFUSED)
        if has_web(running):
            self._require_port(running.environment.address, running.environment.port)
        self._moved("start")
        self._fill(running, slot)

    async def halt(self, grant: Grant, slot: Slot) -> None:
        self._check("halt", grant)
        self._moved("halt")
        if slot in self._slots:
            self._slots[slot] = replace(self._slots[slot], halted=True)

    async def ask(self, slot: Slot, question: Question) -> Answered:
        self._look("ask")
        return self._answer(slot, question.path)

    async def flaw(self, slot: Slot) -> str:
        self._look("flaw")
        return self._flaw(slot)

    def _flaw(self, slot: Slot) -> str:
        filled = self._slots.get(slot)
        if filled is None:
            return f"nothing runs in {slot}"
        health = next((process.health for process in filled.running.processes if process.is_web), None)
        if health is None:
            return ""
        statuses = (self._answer(slot, health.path).status for _ in range(TRIES))
        return "" if any(status in health.status for status in statuses) else f"GET {health.path}: it is ill"

    def _answer(self, slot: Slot, path: str) -> Answered:
        filled = self._slots.get(slot)
        if filled is None:
            return Answered(status=0, why=f"nothing runs in {slot}")
        if slot in self.ill:
            return Answered(status=503)
        answered, self._slots[slot] = filled.answer(path)
        return answered

    async def route(self, grant: Grant, weights: Weights, *, sticky: bool = False) -> None:  # noqa: ARG002
        self._check("route", grant)
        self._moved("route")
        for slot in Slot:
            self._weights[slot] = weights.of(slot)
            if weights.of(slot) and slot in self._slots:
                self._slots[slot] = replace(self._slots[slot], warm_until=None, has_served=True)

    async def remember_drained(self, grant: Grant, by: DeploymentId | None) -> None:
        self._check("remember_drained", grant)
        if by != self._drained_by:
            self._moved("drain" if by else "undrain")
            self._drained_by = by

    async def hold(self, grant: Grant, deployment: DeploymentId, duration: timedelta, left: tuple[str, ...]) -> None:
        self._check("hold", grant)
        self._held_until = self._clock.monotonic() + duration.total_seconds()
        if self._open is None or self._open.id != deployment:
            raise refused("K002", f"no deployment {deployment} is open", Exit.NEEDS_PERSON)
        self._moved("hold")
        self._open = replace(self._open, held=Held(left=left))

    async def decide(self, grant: Grant, deployment: DeploymentId, hosts: int, warm: timedelta) -> None:
        self._check("decide", grant)
        if self._open is None or self._open.id != deployment:
            self._ended_as(deployment, "committed")
            return
        self._moved("decide")
        self._open = replace(self._open, decided=True)
        self._decision = (hosts, warm)

    async def commit(self, grant: Grant, deployment: DeploymentId, warm: timedelta) -> None:
        self._check("commit", grant)
        if self._open is None or self._open.id != deployment:
            self._ended_as(deployment, "committed")
            return
        self._commit(warm)

    def _commit(self, warm: timedelta) -> None:
        old = self._open.slot.other if self._open else Slot.BLUE
        self._end("committed", "")
        if old in self._slots:
            until = self._clock.monotonic() + warm.total_seconds()
            self._slots[old] = replace(self._slots[old], warm_until=until)

    async def abort(self, grant: Grant, deployment: DeploymentId, why: str, *, keep: bool = False) -> str:
        self._check("abort", grant)
        if self._open is None or self._open.id != deployment:
            return self._ended_as(deployment, "reverted")
        return self._undo(self._open, why, keep=keep)

    def _undo(self, opened: OpenDeployment, why: str, *, keep: bool) -> str:
        """Why it was kept; empty when it wasn't."""
        new, previous = opened.slot, opened.previous
        if previous in (None, new) or not self._weights[new] or not (keep or self._only_new_is_up(opened)):
            self._revert(why)
            return ""
        self._weights = {new: 100, new.other: 0}
        why = f"{why}; not undone: {previous} isn't fit to serve"
        self._end("committed", why)
        return why

    def _only_new_is_up(self, opened: OpenDeployment) -> bool:
        now = self._clock.monotonic()
        up = {slot for slot, filled in self._slots.items() if not filled.has_exited(now)}
        return opened.slot in up and opened.previous not in up

    async def stop(self, grant: Grant, slot: Slot) -> None:
        self._check("stop", grant)
        self._empty(slot)

    async def shut(self, grant: Grant, *, remove: bool = False) -> None:
        self._check("shut", grant)
        if self._open is not None:
            self._revert("the environment was shut")
        for slot in Slot:
            self._empty(slot)
        self._lease.end()
        if remove:
            self._logs.clear()

    async def logs(self, *, follow: bool, of: Lines = ALL_LINES, lines: int = 100) -> AsyncIterator[LogLine]:  # noqa: ARG002
        """What was printed so far; nothing new comes here, so following ends too."""
        self._look("logs")
        since = self._clock.now() - of.ago if of.ago is not None else None
        found = [line for line in self._logs if of.has(line) and (since is None or line.at >= since)]
        for line in found[-lines:] if lines else ():
            yield line

    async def forget(self, grant: Grant, keep: tuple[ReleaseId, ...]) -> None:
        self._check("forget", grant)
        used = {filled.running.release.id for filled in self._slots.values()}
        opened = {self._open.release} if self._open else set()
        kept = used | opened | set(keep)
        self.staged = {release: running for release, running in self.staged.items() if release in kept}

    async def upgrade(self, grant: Grant) -> str:
        self._check("upgrade", grant)
        return "memory"

    @property
    def _serving(self) -> Slot | None:
        return max(Slot, key=lambda slot: self._weights[slot]) if any(self._weights.values()) else None

    def _look(self, call: str) -> None:
        """What the clock makes due comes before every call; then a failure that a test asked for."""
        self.calls.append(call)
        if self._open is not None and self._lease.has_lapsed and call != "take":
            self._expire(self._open)
        for slot, filled in list(self._slots.items()):
            if filled.warm_until is not None and self._clock.monotonic() >= filled.warm_until:
                self._empty(slot)
        if self._failures.get(call):
            raise self._failures[call].pop(0)

    def _expire(self, opened: OpenDeployment) -> None:
        hosts, warm = self._decision
        if opened.held is not None and self._clock.monotonic() < self._held_until:
            return
        if opened.decided and hosts == 1:
            self._commit(warm)
        elif not opened.decided:
            why, trouble = "its deployer vanished: the lease ran out", self._trouble_of_previous(opened)
            self._undo(opened, f"{why}; {trouble}" if trouble else why, keep=bool(trouble))

    def _trouble_of_previous(self, opened: OpenDeployment) -> str:
        """Why traffic shouldn't go back: the release there is ill, and the one that serves is not."""
        previous = opened.previous
        if previous is None or not self._weights[opened.slot] or self._is_halted(previous):
            return ""
        flaw = self._flaw(previous)
        return f"{previous} is ill ({flaw})" if flaw and not self._flaw(opened.slot) else ""

    def _is_halted(self, slot: Slot) -> bool:
        return slot in self._slots and self._slots[slot].halted

    def _check(self, call: str, grant: Grant) -> None:
        self._look(call)
        self._lease.check(grant)

    def _moved(self, move: str, *, done: bool = True) -> None:
        if self._open is not None:
            made = (*self._open.made, move) if done else self._open.made
            self._open = replace(self._open, last_move=move, made=tuple(dict.fromkeys(made)))

    def _behaviour(self, running: Running) -> Behaviour:
        return self._behaviours.get(running.release.version, HEALTHY)

    def _fill(self, running: Running, slot: Slot) -> None:
        self._pids += 1
        filled = Filled(
            slot=slot,
            running=running,
            behaviour=self._behaviour(running),
            since=self._clock.monotonic(),
            started_at=self._clock.now(),
            pid=self._pids,
        )
        self._slots[slot] = filled
        self._logs += filled.lines()

    def _empty(self, slot: Slot) -> None:
        self._slots.pop(slot, None)
        other = slot.other
        share = self._weights[slot]
        self._weights[slot] = 0
        if share and other in self._slots:
            self._weights[other] = 100

    def _revert(self, why: str) -> None:
        opened = self._open
        if opened is None:
            return
        back = opened.previous
        if back is not None and back in self._slots:
            self._slots[back] = replace(self._slots[back], halted=False)
        if back is not None and back in self._slots and self._weights[opened.slot] and back is not opened.slot:
            self._weights = {back: 100, opened.slot: 0}
        if back is not opened.slot:
            self._empty(opened.slot)
        self._end("reverted", why)

    def _end(self, outcome: str, why: str) -> None:
        if self._open is not None:
            ended = Finished(id=self._open.id, outcome=outcome, why=why, at=self._clock.now())
            self._finished = (*self._finished, ended)[-20:]
            self._open = None

    def _ended_as(self, deployment: DeploymentId, wanted: str) -> str:
        """Why it was kept, when it was to be undone and couldn't be."""
        ended = next((ended for ended in self._finished if ended.id == deployment), None)
        if ended is None:
            raise refused("K002", f"no deployment {deployment} is open", Exit.NEEDS_PERSON)
        kept = ended.why if ended.outcome == "committed" else ""
        if ended.outcome != wanted and not kept:
            code, exit_code = ("K014", Exit.REFUSED) if ended.outcome == "committed" else ("K011", Exit.BUSY)
            raise refused(code, f"deployment {deployment} was {ended.outcome} already", exit_code)
        return kept

    def _seen(self, slot: Slot) -> SlotSeen:
        filled = self._slots.get(slot)
        if filled is None:
            return SlotSeen(slot=slot)
        return filled.seen(self._clock.monotonic(), self._clock.now(), self._weights[slot])


def has_web(running: Running) -> bool:
    return any(process.is_web and process.enabled for process in running.processes)
