"""The keeper of one environment: its two slots and its traffic."""

import asyncio
import os
from collections import deque
from typing import Any, Deque, Dict, List, Mapping, Optional, Set

from ecluse.keeper import processes, strays
from ecluse.keeper.journal import Journal
from ecluse.keeper.lease import Lease
from ecluse.keeper.output import Output
from ecluse.keeper.places import Home
from ecluse.keeper.processes import boottime
from ecluse.keeper.routing import SLOTS
from ecluse.keeper.services.provided import Services, furnished
from ecluse.keeper.sessions import Sessions
from ecluse.keeper.slots import Slot
from ecluse.keeper.traffic import OTHER, Traffic
from ecluse.keeper.units import has_web
from ecluse.keeper.vault import Vault
from ecluse.keeper.writes import Writes
from ecluse.wire import codes

Running = Mapping[str, Any]
REMOVED = (
    "the folder of this environment was removed while it was in use: what runs goes on, but can't be started again; "
    "deploy again"
)
WARNINGS = 20
"""The last ones are kept until the keeper ends."""


def is_alive(holder: Mapping[str, Any]) -> bool:
    return processes.is_alive(int(holder["pid"]), int(holder["start_time"]))


class Keeper:
    """The moves. Each may be repeated; one is under way at a time (`moving`)."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.boot = processes.boot_id()
        self.output = Output(home)
        self.vault = Vault(home)
        self.traffic = Traffic(home)
        self.journal = Journal(home.path)
        self.lease = Lease(home.path, boottime, self.boot, is_alive)
        self.services = Services(home, self.boot, self.output)
        self.slots = {name: self._slot(name) for name in SLOTS}
        self.sessions = Sessions(home)
        self.writes = Writes(home)
        self.warnings: Deque[str] = deque(maxlen=WARNINGS)
        self.lost: Set[str] = set()
        """Slots in which something runs that we know nothing of: their records were damaged."""
        self.blocked = ""
        """Why what ran here before can't be started again yet; empty when nothing waits for that."""
        self.moving = asyncio.Lock()
        self._halting: Optional["asyncio.Future[None]"] = None

    def _slot(self, name: str) -> Slot:
        return Slot(
            self.home,
            name,
            self.boot,
            output=self.output,
            sockets=lambda: self.traffic.sockets(name),
            secrets=self.vault.of,
            addresses=self.services.addresses,
        )

    def weight(self, slot: str) -> int:
        return (self.traffic.weights or {}).get(slot, 0)

    @property
    def is_needed(self) -> bool:
        """Whether anything runs, is under way, waits, or may be about to begin."""
        runs = any(slot.running for slot in self.slots.values()) or bool(self.lost) or self.services.running
        return runs or bool(self.blocked) or self.moving.locked() or not self.lease.lapsed() or bool(self.journal.open)

    def rewrite(self) -> None:
        """Everything that a keeper after us needs, once more: the folder, or something in it, was removed."""
        if self.traffic.pair and not os.path.exists(self.home.routes):
            self.warnings.append(REMOVED)
        self.output.reopen()
        self.traffic.save()
        for slot in self.slots.values():
            slot.save()
        self.journal.rewrite()
        self.lease.rewrite()
        self.vault.rewrite()
        self.services.save()

    def furnished(self, running: Running) -> Dict[str, Any]:
        """For a command in a staged release: with the addresses of the services that it may use."""
        return furnished(running, self.services.addresses())

    def in_use(self) -> Set[str]:
        """The releases in the slots and in the journal, and those in which a person runs something."""
        opened = (self.journal.open or {}).get("release")
        running = {slot.release for slot in self.slots.values() if slot.running} | self.sessions.releases()
        return running | ({opened} if opened else set())

    async def start(self, running: Running, name: str) -> None:
        """Run it in the slot, without traffic."""
        slot = self.slots[name]
        release = running["release"]["id"]
        if slot.release == release and slot.lacks:
            self._revive(slot, running.get("secrets") or {})
            return
        if slot.release == release and not slot.is_failed:
            slot.resume()
            return
        if self.weight(name):
            raise codes.OrderError(codes.HAS_TRAFFIC, "%s serves %s" % (name, slot.release), {"slot": name})
        self.journal.before("start", slot=name, release=release)
        await self.empty(name)
        self.vault.put(release, running.get("secrets") or {})
        self._fill(slot, {key: value for key, value in running.items() if key != "secrets"})
        self.journal.after("start", slot=name, release=release)

    def _revive(self, slot: Slot, secrets: Mapping[str, str]) -> None:
        """Start what waited for its secrets since the machine was started anew."""
        self.vault.put(slot.release, secrets)
        if slot.has_web:
            self.traffic.occupy(slot.name)
            self.traffic.sockets(slot.name)[0].setblocking(True)
        slot.revive()

    def _fill(self, slot: Slot, running: Running) -> None:
        if has_web(running):
            self.traffic.bind(running.get("address") or "127.0.0.1", int(running["port"]))
            self.traffic.occupy(slot.name)
        else:
            self.traffic.vacate(slot.name)
        self.blocked = ""
        self.traffic.hold_back(slot.name)
        self.traffic.save()
        slot.fill(running)

    def route(self, weights: Mapping[str, int], *, sticky: bool = False) -> None:
        """Share new connections. The slot that gets some stops being lame first; the other turns lame last.

        `sticky`: a client's address decides which share it belongs to.
        """
        empty = [name for name in SLOTS if weights[name] and not self.slots[name].running]
        if empty:
            raise codes.OrderError(codes.BAD_ORDER, "nothing runs in %s" % empty[0], {"slot": empty[0]})
        self.journal.before("route", **weights)
        self.share(weights, sticky=sticky)
        self.journal.after("route", **weights)

    async def halt(self, name: str) -> None:
        """Stop what runs in the slot and keep its place: new connections wait in its socket's queue.

        Until it has ended they wait where nothing runs: what a server accepts on its way out is lost.
        """
        other = self.slots[OTHER[name]]
        self.journal.before("halt", slot=name)
        aside = self.weight(name) and (other.running is None or other.is_halted)
        if aside:
            self.traffic.set_aside(name)
        try:
            await self.slots[name].halt(boottime)
        finally:
            if aside:
                self.traffic.take_back(name)
        self.journal.after("halt", slot=name)

    def share(self, weights: Mapping[str, int], *, sticky: bool = False) -> None:
        for name in SLOTS:
            if weights[name]:
                self.slots[name].warm_until = 0.0
                self.slots[name].mark(weights[name], boottime())
        self.traffic.route(weights, sticky=sticky)
        for name in SLOTS:
            self.slots[name].mark(weights[name], boottime())
            if not weights[name] and self.slots[name].is_halted:
                self.traffic.vacate(name)  # what waited there is passed on

    def retire(self, name: str, warm_seconds: float) -> None:
        """The old release: its background workers end from now on, the rest is kept for a rollback, then drained.

        Nobody waits for the workers: one may have half a minute of work in flight.
        """
        slot = self.slots[name]
        if name in self.lost and not self.weight(name):
            self._halting = asyncio.ensure_future(self._see_off(name))
        if slot.running is None or self.weight(name):
            return
        slot.warm_until = boottime() + warm_seconds
        slot.save()
        self.end_background(name)

    def end_background(self, name: str) -> None:
        self._halting = asyncio.ensure_future(self.slots[name].halt_background())

    async def _see_off(self, name: str) -> None:
        await strays.see_off(self.home, name, self.traffic.port)
        self.lost.discard(name)
        self.traffic.vacate(name)

    async def stop(self, name: str) -> None:
        """Drain and stop the slot; its share of the traffic goes to the other one if that is up."""
        other = OTHER[name]
        self.journal.before("stop", slot=name)
        if self.weight(name) and self.slots[other].can_take_over:
            self.share({other: 100, name: 0})
        await self.empty(name)
        await self.release_port()
        self.journal.after("stop", slot=name)

    async def empty(self, name: str, *, at_once: bool = False) -> List[str]:
        """The names of those that had to be killed."""
        slot = self.slots[name]
        if slot.running is None:
            return []
        release = slot.release
        if self.weight(name):
            self.traffic.nobody()
            if not self.slots[OTHER[name]].running:
                self.traffic.hold_back(name)
        killed = await slot.empty(boottime, at_once=at_once)
        if killed:
            self.warnings.append("%s of %s had to be killed: the drain budget was over" % (", ".join(killed), release))
        self.traffic.vacate(name)
        return killed

    async def release_port(self) -> None:
        """Nothing that gets traffic runs and nothing is under way: others may have the port."""
        if not any(slot.has_web for slot in self.slots.values()) and self.journal.open is None:
            await self.traffic.close()

    async def shut(self) -> List[str]:
        """Stop both slots and close the sockets. The names of those that had to be killed."""
        self.sessions.end()
        killed = [one for name in sorted(SLOTS, key=self.weight) for one in await self.empty(name)]
        if self.journal.open:
            self.journal.close("reverted", "the environment was shut")
        for slot in self.slots.values():
            slot.forget()
        await self.services.stop()
        self.services.forget()
        self.blocked = ""
        await self.traffic.close()
        return killed

    async def end_warmth(self) -> None:
        """A warm slot that has been kept long enough is drained and stopped."""
        for name, slot in self.slots.items():
            if slot.warm_until and boottime() >= slot.warm_until and not self.weight(name):
                await self.empty(name)
                await self.release_port()
