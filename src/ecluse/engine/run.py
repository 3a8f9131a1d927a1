"""Running a plan."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from ecluse.engine.place import LEAVE
from ecluse.engine.plan import Ended, Node, Outcome, Plan, State, blocked, lost, ready
from ecluse.model.problem import ProblemError
from ecluse.model.values import frozen
from ecluse.ports.world import World


@frozen
class Began:
    """A node begins its first attempt, or another one after a failure."""

    name: str
    attempt: int = 1


@frozen
class Waits:
    """A node has all it needs but locks; `what` says which, and who has them."""

    name: str
    what: str


OnEvent = Callable[[Began | Ended | Waits], None]


async def run(
    plan: Plan, world: World, *, jobs: int, fail_fast: bool = False, on_event: OnEvent = lambda _: None
) -> dict[str, Ended]:
    """Run at most `jobs` nodes at once and return how each ended, in the plan's order.

    A failure stops what needs it and nothing else, or everything when `fail_fast`. Cancelled: what runs is ended and
    recorded, then CancelledError goes on. An action that raises anything but ProblemError is a defect: everything is
    ended and the error goes on.
    """
    execution = _Execution(plan, world, jobs=max(1, jobs), fail_fast=fail_fast, on_event=on_event)
    try:
        await execution.run()
    finally:
        await execution.end()
    return {node.name: execution.ended[node.name] for node in plan.nodes}


class _Execution:
    """A node begins as soon as there is room for it: when another one ends, or leaves its place."""

    def __init__(self, plan: Plan, world: World, *, jobs: int, fail_fast: bool, on_event: OnEvent) -> None:
        self.ended: dict[str, Ended] = {}
        self._nodes = {node.name: node for node in plan.nodes}
        self._waiting = dict(self._nodes)
        self._running: dict[asyncio.Task[Ended], Node] = {}
        self._left: set[str] = set()
        """Those of the running that take no place any more."""
        self._passed: set[str] = set()
        self._has_locks = any(node.locks for node in plan.nodes)
        self._over = asyncio.get_running_loop().create_future()
        """Nothing more begins."""
        self._why_over = "the run was stopped"
        self._world, self._jobs, self._fail_fast, self._on_event = world, jobs, fail_fast, on_event

    async def run(self) -> None:
        """Until nothing waits or runs, or one failed that stops the others. What went wrong in between is raised."""
        self._begin()
        await self._over

    def _begin(self) -> None:
        room = self._jobs - len(self._running) + len(self._left)
        for node in ready(self._waiting.values(), self._passed, room, self._locked.keys()):
            del self._waiting[node.name]
            task = asyncio.create_task(self._attempts(node))
            task.add_done_callback(self._has_ended)
            self._running[task] = node
        self._tell_waiting()
        if not self._running:
            self._over.set_result(None)

    def _has_ended(self, task: asyncio.Task[Ended]) -> None:
        if self._over.done():  # `end` looks at it
            return
        try:
            self._go_on(task)
        except BaseException as error:  # noqa: BLE001 (`run` raises it)
            self._over.set_exception(error)

    def _go_on(self, task: asyncio.Task[Ended]) -> None:
        self._left.discard(self._running.pop(task).name)
        ended = task.result()
        self._settle(ended)
        if self._fail_fast and ended.state is State.FAILED:
            self._why_over = "another one failed, and --fail-fast was given"
            self._over.set_result(None)
        else:
            self._begin()

    def _leave(self, name: str) -> None:
        if not self._over.done():
            self._left.add(name)
            self._begin()

    @property
    def _locked(self) -> dict[str, str]:
        """Who has each lock."""
        return {lock: node.name for node in self._running.values() for lock in node.locks} if self._has_locks else {}

    def _tell_waiting(self) -> None:
        if self._has_locks:
            for name, what in blocked(self._waiting.values(), self._passed, self._locked).items():
                self._on_event(Waits(name=name, what=what))

    async def end(self) -> None:
        """Cancel what runs, wait until it is gone, however often we are cancelled meanwhile, and record it and what
        waits as not run."""
        self._over.cancel()
        for task in self._running:
            task.cancel()
        interrupt: asyncio.CancelledError | None = None
        while not all(task.done() for task in self._running):
            try:
                await asyncio.wait(self._running)
            except asyncio.CancelledError as cancelled:
                interrupt = cancelled
        for task, node in self._running.items():
            # An action that ended in the last moment did what it did.
            stopped = task.cancelled() or task.exception() is not None
            self._settle(Ended(name=node.name, state=State.NOT_RUN, why=self._why_over) if stopped else task.result())
        self._running.clear()
        for name in tuple(self._waiting):
            self._give_up(name, self._why_over)
        if interrupt:
            raise interrupt

    def _settle(self, ended: Ended) -> None:
        self._record(ended)
        if ended.state is State.PASSED:
            self._passed.add(ended.name)
            return
        for name, need in lost(self._waiting.values(), ended.name).items():
            self._give_up(name, f"it needs {need}, which did not pass")

    def _give_up(self, name: str, why: str) -> None:
        del self._waiting[name]
        self._record(Ended(name=name, state=State.NOT_RUN, why=why))

    def _record(self, ended: Ended) -> None:
        self.ended[ended.name] = ended
        node = self._nodes[ended.name]
        keep = self._world.ledger.append if node.alone else self._world.ledger.defer
        keep(*node.record(ended))
        self._on_event(ended)

    async def _attempts(self, node: Node) -> Ended:
        began = self._world.clock.monotonic()
        LEAVE.set(None if node.retries else partial(self._leave, node.name))  # each task has a context of its own
        for attempt in range(1, node.retries + 2):
            self._on_event(Began(name=node.name, attempt=attempt))
            ended = await self._attempt(node)
            if ended.state is State.PASSED:
                break
        return Ended(
            name=node.name,
            state=ended.state,
            attempts=attempt,
            seconds=self._world.clock.monotonic() - began,
            outcome=ended.outcome,
            problems=ended.problems,
            why=ended.why,
        )

    async def _attempt(self, node: Node) -> Ended:
        try:
            if node.timeout is None:
                return _done(node, await node.action(self._world))
            async with asyncio.timeout(node.timeout.total_seconds()) as patience:
                return _done(node, await node.action(self._world))
        except ProblemError as error:
            return Ended(name=node.name, state=State.FAILED, problems=error.problems, why=str(error))
        except TimeoutError:
            if node.timeout is None or not patience.expired():
                raise
            why = f"it took longer than {node.timeout.total_seconds():g} s"
            return Ended(name=node.name, state=State.FAILED, why=why)


def _done(node: Node, outcome: Outcome) -> Ended:
    return Ended(name=node.name, state=State.PASSED if outcome.passed else State.FAILED, outcome=outcome)
