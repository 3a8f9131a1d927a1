"""A target in memory: the contract of ports.target, without a process. For tests, and for looking at a plan."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta

from ecluse.model.app import Argv
from ecluse.model.holder import Holder
from ecluse.model.ids import DeploymentId, ReleaseId
from ecluse.model.observed import Finished, Held, LeaseSeen, Observed, OpenDeployment
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.slot import Slot, Weights
from ecluse.ports.clock import Clock
from ecluse.ports.target import ALL_LINES, Answered, Grant, Lines, LogLine, Place, Question, RanCommand, Running, Sent
from ecluse.ports.terminal import Terminal
from ecluse.providers.memory.lease import MemoryLease, refused
from ecluse.providers.memory.script import Behaviour
from ecluse.providers.memory.slots import Slots, has_web


class MemoryTarget:
    """Fills Target, SplitsTraffic, RemembersDrains and Upgrades.

    `script` says how a version behaves, `fail` what the next call of a name raises, `calls` what was called. `gone`
    holds the ids of holders whose process has ended. A lease that runs out undoes an open deployment at the next look.
    """

    splits_traffic = True
    sticky = True

    def __init__(self, clock: Clock, url: str = "http://127.0.0.1:8000") -> None:
        self.calls: list[str] = []
        self.slots = Slots(clock)
        self.taken: set[int] = set()
        """Ports on which somebody else listens."""
        self.staged: dict[ReleaseId, Running] = {}
        self._clock = clock
        self._url = url
        self._failures: dict[str, list[ProblemError]] = {}
        self._lease = MemoryLease(clock)
        self._open: OpenDeployment | None = None
        self._finished: tuple[Finished, ...] = ()
        self._drained_by: DeploymentId | None = None
        self._held_until = 0.0
        self._decision = (0, timedelta())

    @property
    def gone(self) -> set[str]:
        return self._lease.gone

    @property
    def ill(self) -> set[Slot]:
        """Slots that answer 503 whatever runs in them."""
        return self.slots.ill

    def script(self, version: str, behaviour: Behaviour) -> None:
        self.slots.script(version, behaviour)

    def restart_machine(self) -> None:
        """What was in memory is gone: releases with secrets want them."""
        self.slots.lose_secrets()

    def fail(self, call: str, *problems: Problem) -> None:
        """The next call of that name raises the first problem, the one after it the second, …"""
        self._failures.setdefault(call, []).extend(ProblemError(problem) for problem in problems)

    async def observe(self) -> Observed:
        self._look("observe")
        is_running = bool(self.slots.running())
        return Observed(
            at=self._clock.now(),
            url=self._url if is_running else "",
            slots=tuple(self.slots.seen(slot) for slot in Slot),
            serving=self.slots.serving,
            generation=self._lease.generation,
            lease=self._lease.seen(),
            open=self._open,
            finished=self._finished,
            drained_by=self._drained_by,
            routing="relay" if is_running else "none",
        )

    async def require_port(self, address: str, port: int) -> None:
        self._look("require_port")
        self._require_port(address, port)

    def _require_port(self, address: str, port: int) -> None:
        there = {(one.environment.address, one.environment.port) for one in self.slots.listening()}
        if there and (address, port) not in there:
            raise refused("K021", "this environment listens elsewhere", Exit.REFUSED)
        if not there and port in self.taken:
            raise refused("K020", f"port {port} is taken", Exit.REFUSED)

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
            previous=self.slots.serving,
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
        ran = self.slots.behaviour(running).answer_to(argv)
        if not looks:
            self._moved("run", done=ran.exit_code == 0)
        return ran

    async def attach(self, grant: Grant | None, running: Running, argv: Argv, terminal: Terminal) -> int:
        """What a script says that it prints, written to `terminal`."""
        if grant is None:
            self._look("attach")
        else:
            self._check("attach", grant)
        ran = self.slots.behaviour(running).answer_to(argv)
        await terminal.write(ran.output.encode())
        return 1 if ran.exit_code is None else ran.exit_code

    async def give_up(self, grant: Grant) -> None:
        """Nothing is ever under way here."""
        self._check("give_up", grant)

    async def start(self, grant: Grant, running: Running, slot: Slot) -> None:
        self._check("start", grant)
        if self.slots.runs_on(running, slot):
            return
        if self.slots.weights[slot]:
            raise refused("K013", f"{slot} has traffic", Exit.REFUSED)
        if has_web(running):
            self._require_port(running.environment.address, running.environment.port)
        self._moved("start")
        self.slots.fill(running, slot)

    async def halt(self, grant: Grant, slot: Slot) -> None:
        self._check("halt", grant)
        self._moved("halt")
        self.slots.halt(slot)

    async def ask(self, slot: Slot, question: Question) -> Answered:
        self._look("ask")
        return self.slots.answer(slot, question.path)

    async def flaw(self, slot: Slot) -> str:
        self._look("flaw")
        return self.slots.flaw(slot)

    async def route(self, grant: Grant, weights: Weights, *, sticky: bool = False) -> None:  # noqa: ARG002
        self._check("route", grant)
        self._moved("route")
        self.slots.route(weights)

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
        self.slots.keep_warm(old, warm)

    async def abort(self, grant: Grant, deployment: DeploymentId, why: str, *, keep: bool = False) -> str:
        self._check("abort", grant)
        if self._open is None or self._open.id != deployment:
            return self._ended_as(deployment, "reverted")
        return self._undo(self._open, why, keep=keep)

    def _undo(self, opened: OpenDeployment, why: str, *, keep: bool) -> str:
        """Why it was kept; empty when it wasn't."""
        new, previous = opened.slot, opened.previous
        if previous in (None, new) or not self.slots.weights[new] or not (keep or self._only_new_is_up(opened)):
            self._revert(why)
            return ""
        self.slots.weights = {new: 100, new.other: 0}
        why = f"{why}; not undone: {previous} isn't fit to serve"
        self._end("committed", why)
        return why

    def _only_new_is_up(self, opened: OpenDeployment) -> bool:
        return self.slots.is_up(opened.slot) and not self.slots.is_up(opened.previous)

    async def stop(self, grant: Grant, slot: Slot) -> None:
        self._check("stop", grant)
        self.slots.empty(slot)

    async def shut(self, grant: Grant, *, remove: bool = False) -> tuple[str, ...]:
        self._check("shut", grant)
        if self._open is not None:
            self._revert("the environment was shut")
        for slot in Slot:
            self.slots.empty(slot)
        self._lease.end()
        if remove:
            self.slots.printed.clear()
        return ()

    async def logs(self, *, follow: bool, of: Lines = ALL_LINES, lines: int = 100) -> AsyncIterator[LogLine]:  # noqa: ARG002
        """What was printed so far; nothing new comes here, so following ends too."""
        self._look("logs")
        since = self._clock.now() - of.ago if of.ago is not None else None
        found = [line for line in self.slots.printed if of.has(line) and (since is None or line.at >= since)]
        for line in found[-lines:] if lines else ():
            yield line

    async def forget(self, grant: Grant, keep: tuple[ReleaseId, ...]) -> None:
        self._check("forget", grant)
        used = {running.release.id for running in self.slots.running()}
        opened = {self._open.release} if self._open else set()
        kept = used | opened | set(keep)
        self.staged = {release: running for release, running in self.staged.items() if release in kept}

    async def upgrade(self, grant: Grant) -> str:
        self._check("upgrade", grant)
        return "memory"

    def _look(self, call: str) -> None:
        """What the clock makes due comes before every call; then a failure that a test asked for."""
        self.calls.append(call)
        if self._open is not None and self._lease.has_lapsed and call != "take":
            self._expire(self._open)
        self.slots.empty_cold()
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
        if previous is None or not self.slots.weights[opened.slot] or self.slots.is_halted(previous):
            return ""
        flaw = self.slots.flaw(previous)
        return f"{previous} is ill ({flaw})" if flaw and not self.slots.flaw(opened.slot) else ""

    def _check(self, call: str, grant: Grant) -> None:
        self._look(call)
        self._lease.check(grant)

    def _moved(self, move: str, *, done: bool = True) -> None:
        if self._open is not None:
            made = (*self._open.made, move) if done else self._open.made
            self._open = replace(self._open, last_move=move, made=tuple(dict.fromkeys(made)))

    def _revert(self, why: str) -> None:
        opened = self._open
        if opened is None:
            return
        self.slots.go_back(opened.previous, opened.slot)
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
