"""A slot: the release in it, its processes, its page, and how it is emptied."""

import asyncio
import contextlib
import os
import signal
import socket
from typing import Any, Callable, Dict, List, Optional, Set, Tuple

from ecluse.keeper import connections, environment, listeners, processes, program
from ecluse.keeper.durable import SealedFile
from ecluse.keeper.output import Output
from ecluse.keeper.places import Home
from ecluse.keeper.units import Unit, choose_ports, has_web, names, units
from ecluse.keeper.worker import EXITED, RUNNING, Worker
from ecluse.wire import codes, page

LOOK_EVERY = 0.05
GRACE = 0.3
"""Seconds after the shift in which a handshake that began before it may still arrive."""
LAST = 1.0
"""Seconds to end after the signal, for a server that had the whole budget to finish its work before it."""


class Slot:
    """One of the two. `sockets` gives the descriptors (own, other); `secrets` those of a release; `addresses` those of
    services."""

    def __init__(
        self,
        home: Home,
        name: str,
        boot: str,
        *,
        output: Output,
        sockets: Callable[[], Tuple[socket.socket, socket.socket]],
        secrets: Callable[[str], Dict[str, str]],
        addresses: Callable[[], Dict[str, Dict[str, Any]]],
    ) -> None:
        self.home, self.name = home, name
        self._file = SealedFile(home.slot(name), flush=False)
        self._boot = boot
        self.running: Optional[environment.Running] = None
        self.workers: List[Worker] = []
        self.committed = False
        self.had_traffic = False
        self.stopping = False
        self.warm_until = 0.0
        """On the clock of loop and boot (CLOCK_BOOTTIME); 0 when nothing ends it."""
        self.closed_at_end = 0
        self.page: Optional[page.Page] = None
        self.counted: Optional[page.Totals] = None
        """What the release that was here last had counted in the end."""
        self._ports: Dict[str, int] = {}
        self._given: Tuple[str, ...] = ()
        """The names of the secrets with which the release was started."""
        self._lame_since = 0.0
        self._output = output
        self._sockets = sockets
        self._secrets = secrets
        self._addresses = addresses

    @property
    def release(self) -> str:
        return str(self.running["release"]["id"]) if self.running else ""

    def restarts(self, worker: Worker) -> int:
        """How often it was started anew, or what it had started itself to answer."""
        return worker.restarts + (self.page.renewed if self.page and worker in self._web else 0)

    @property
    def is_failed(self) -> bool:
        return any(worker.gave_up for worker in self.workers)

    @property
    def _web(self) -> List[Worker]:
        return [worker for worker in self.workers if self._unit(worker.name).process["web"]]

    @property
    def has_web(self) -> bool:
        return self.running is not None and has_web(self.running)

    @property
    def is_up(self) -> bool:
        """All that gets traffic is running."""
        return bool(self.running) and not self.stopping and all(worker.state == RUNNING for worker in self._web)

    @property
    def can_take_over(self) -> bool:
        """Traffic may be sent here without a question asked: what gets it runs, and doesn't exit again and again."""
        return self.is_up and all(worker.is_steady for worker in self._web)

    @property
    def is_halted(self) -> bool:
        """Stopped by `halt`: nothing runs, and nothing gave up."""
        ended = bool(self.workers) and all(worker.state == EXITED for worker in self.workers)
        return bool(self.running) and ended and not self.is_failed and not self.stopping

    @property
    def lacks(self) -> Tuple[str, ...]:
        """The secrets that the release was started with, and that are gone: they lived in memory."""
        there = self._secrets(self.release)
        return tuple(name for name in self._given if name not in there)

    @property
    def wants_secrets(self) -> bool:
        """Nothing is started without what it was started with before; what runs on has its own copy."""
        return bool(self.lacks) and not any(worker.state == RUNNING for worker in self.workers)

    @property
    def is_lame(self) -> bool:
        return self.page is not None and self.page.phase == page.LAME

    def fill(self, running: environment.Running) -> None:
        """Start `running` here; the slot is empty."""
        if has_web(running):
            own, _ = self._sockets()
            own.setblocking(True)
        page.create(self.home.page(self.name))
        self.page = page.Page(self.home.page(self.name))
        self.running = running
        self.committed = self.had_traffic = False
        self.warm_until = self._lame_since = 0.0
        self.closed_at_end = 0
        self._ports = choose_ports(running)
        self._given = tuple(sorted(self._secrets(self.release)))
        self._make_workers()
        self.resume()

    def resume(self) -> None:
        """Start what isn't running; the release stays."""
        self.warm_until = 0.0
        for worker in self.workers:
            worker.start()
        self.save()

    def revive(self) -> None:
        """It has the secrets again: those that there are now are what it wants."""
        self._given = tuple(sorted(self._secrets(self.release)))
        self.resume()

    def _make_workers(self) -> None:
        assert self.running is not None  # noqa: S101
        self.workers = []
        for unit in units(self.running, self._ports):
            self.workers.append(
                Worker(
                    unit.name,
                    unit.process["name"],
                    lambda unit=unit: self._order(unit),  # type: ignore[misc]
                    changed=self._changed,
                    may_give_up=lambda: not self.had_traffic,
                )
            )

    def _unit(self, name: str) -> Unit:
        assert self.running is not None  # noqa: S101
        return next(unit for unit in units(self.running, self._ports) if unit.name == name)

    def _order(self, unit: Unit) -> processes.Order:
        assert self.running is not None  # noqa: S101
        if self.lacks:
            raise codes.OrderError(codes.CANNOT_START, "it wants its secrets: %s" % ", ".join(self.lacks))
        running = {**self.running, "secrets": self._secrets(self.release), "addresses": self._addresses()}
        self._output.drain()
        output, errors = self._output.open(self.name, unit.name, unit.process["name"], self.release)
        limits = unit.process.get("limits") or {}
        sockets = tuple(listener.fileno() for listener in self._sockets()) if unit.has_sockets else ()
        if unit.relay:
            return self._relay_order(unit, output, errors, sockets)
        return processes.Order(
            environment.command(self.home, running, unit.process, unit.port, self.name),
            environment.build(self.home, running, slot=self.name, process=unit.process, port=unit.port),
            environment.folder(self.home, running, unit.process),
            output,
            errors,
            sockets,
            processes.Limits(limits.get("memory"), limits.get("open_files")),
        )

    def _relay_order(self, unit: Unit, output: str, errors: str, sockets: Tuple[int, ...]) -> processes.Order:
        """Our own program: nothing of the app's environment, but to be known as this environment's process."""
        ports = [str(self._ports[name]) for name in names(unit.process)]
        own = {**program.environment(), "ECLUSE_STATE": self.home.state, "ECLUSE_SLOT": self.name}
        return processes.Order(program.command("relay", "--fd", "3", *ports), own, "/", output, errors, sockets)

    def _changed(self, worker: Worker) -> None:
        self._output.runs(self.name, worker.name, worker.pid)
        self.save()

    def mark(self, weight: int, now: float) -> None:
        """The phase that goes with a weight."""
        if self.page is None:
            return
        if weight:
            self.had_traffic = True
            self.page.phase = page.SERVING
        elif self.had_traffic and self.page.phase == page.SERVING:
            self.page.phase = page.LAME
            self._lame_since = now
        self.save()

    async def halt_background(self) -> None:
        """End what doesn't get traffic: only one release's workers work on after the commit."""
        await asyncio.gather(*(self._stop(worker) for worker in self.workers if worker not in self._web))
        self.save()

    async def halt(self, now: Callable[[], float]) -> None:
        """Drain and stop every process; the release keeps the slot and can be resumed."""
        if self.page:
            self.page.phase = page.LAME
        self._lame_since = now()
        await self._stop_all(now, at_once=False)
        self.save()

    async def empty(self, now: Callable[[], float], *, at_once: bool = False) -> List[str]:
        """Drain and stop everything. The names of those that had to be killed."""
        if self.running is None:
            return []
        self.stopping = True
        if self.page:
            self.page.phase = page.LAME
        self._lame_since = self._lame_since or now()
        killed = await self._stop_all(now, at_once=at_once)
        self._clear()
        return killed

    async def _stop_all(self, now: Callable[[], float], *, at_once: bool) -> List[str]:
        """The names of those that had to be killed."""
        web = self._web
        rest = [worker for worker in self.workers if worker not in web]
        killed = await asyncio.gather(self._stop_web(web, now, at_once), *(self._stop(worker) for worker in rest))
        return [name for some in killed for name in some]

    async def _stop_web(self, web: List[Worker], now: Callable[[], float], at_once: bool) -> List[str]:
        """The drain and the end after the signal share one budget."""
        began = now()
        if web and self.had_traffic and not at_once:
            budget = max((self._budget(worker) for worker in web), default=0.0)
            self.closed_at_end = await self._drained(now, began + budget)
        spent = now() - began
        return [name for some in await asyncio.gather(*(self._stop(one, spent) for one in web)) for name in some]

    async def _drained(self, now: Callable[[], float], deadline: float) -> int:
        """Wait until nothing is queued or open. How many were open when the budget ended.

        The queue is looked at first: what is accepted between the two looks is counted by one of them.
        """
        while True:
            settled = now() >= self._lame_since + GRACE
            queue = listeners.queued(self._sockets()[0])
            left = self.count_connections()
            if left == queue == 0 and settled:
                return 0
            if now() >= deadline or not any(worker.pid for worker in self.workers):
                return left
            await asyncio.sleep(LOOK_EVERY)

    async def _stop(self, worker: Worker, spent: float = 0.0) -> List[str]:
        unit = self._unit(worker.name)
        number = signal.SIGTERM if unit.relay else getattr(signal, "SIG" + unit.process.get("stop_signal", "TERM"))
        budget = self._budget(worker)
        left = max(budget - spent, min(budget, LAST))
        return [] if await worker.stop(number, left) else [worker.name]

    def _budget(self, worker: Worker) -> float:
        return float(self._unit(worker.name).process.get("drain", 30))

    def count_connections(self) -> int:
        """Open connections to the public port that processes of this slot have accepted."""
        roots = [worker.pid for worker in self.workers if worker.pid]
        if not self._web or not roots:
            return 0
        port = self._sockets()[0].getsockname()[1]
        everyone = processes.every()
        members: Set[int] = set()
        for root in roots:
            members |= processes.family(root, everyone)
        return connections.count_open(port, members)

    def _clear(self) -> None:
        for worker in self.workers:
            self._output.close(self.name, worker.name)
        if self.page:
            self.counted = self.page.totals()
            self.page.close()
        self.page, self.running, self.workers, self.stopping = None, None, [], False
        self._given = ()
        self.forget()

    def forget(self) -> None:
        """What ran here won't be started again by the next keeper."""
        self._file.remove()

    def save(self) -> None:
        """What runs here, for the keeper after us. A full disk must not stop the keeper: it is tried at each change."""
        if self.running is None:
            return
        content = {
            "slot": self.name,
            "boot": self._boot,
            "secrets": self._given,
            "running": {key: value for key, value in self.running.items() if key != "secrets"},
            "committed": self.committed,
            "had_traffic": self.had_traffic,
            "warm_until": self.warm_until,
            "lame_since": self._lame_since,
            "ports": self._ports,
            "workers": [{**worker.record(), "sockets": self._unit(worker.name).has_sockets} for worker in self.workers],
        }
        with contextlib.suppress(OSError, codes.OrderError):
            self._file.save(content)

    def adopt(self, record: Dict[str, Any]) -> None:
        """Go on with what an earlier keeper recorded here. After a reboot its times mean nothing."""
        self.running = record["running"]
        self.committed, self.had_traffic = record["committed"], record["had_traffic"]
        if record["boot"] == self._boot:
            self.warm_until, self._lame_since = record["warm_until"], record["lame_since"]
        self._ports = record["ports"]
        self._given = tuple(record["secrets"])
        if not os.path.exists(self.home.page(self.name)):
            page.create(self.home.page(self.name))
        self.page = page.Page(self.home.page(self.name))
        self._make_workers()
        known = {worker["name"]: worker for worker in record["workers"]}
        for worker in self.workers:
            if worker.name in known:
                self._output.open(self.name, worker.name, worker.process, self.release)
                worker.adopt(known[worker.name], may_start=not self.lacks)
        self.save()

    def leave(self) -> None:
        """Leave everything running: the next keeper adopts it."""
        for worker in self.workers:
            worker.forget()
