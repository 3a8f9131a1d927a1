"""What a keeper does by the clock, order or no order."""

import asyncio
import contextlib
import os
import time
import traceback
from typing import Awaitable, Callable, List

from ecluse.keeper import ballast, processes, store
from ecluse.keeper.adopt import adopt
from ecluse.keeper.deploying import Deploying
from ecluse.keeper.keeper import Keeper

TICK = 0.25
TRY_EVERY = 1.0
"""Seconds between two looks at whether a port that somebody else has is free again."""
REAP_EVERY = 10.0
WRITES_EVERY = 10.0
"""Seconds between two looks at what the releases have written into their trees."""
BALLAST_EVERY = 10.0
PRUNE_EVERY = 3600.0


class Chores:
    """`look_for_us` is called at each tick; `leave` once nothing was kept for `idle` seconds."""

    def __init__(
        self,
        keeper: Keeper,
        deploying: Deploying,
        say: Callable[[str], None],
        *,
        look_for_us: Callable[[], Awaitable[None]],
        leave: Callable[[], None],
        idle: float,
    ) -> None:
        self._keeper, self._deploying, self._say = keeper, deploying, say
        self._look_for_us, self._leave = look_for_us, leave
        self._idle, self._idle_since = idle, time.monotonic()
        self._due = {"reap": 0.0, "try": 0.0, "ballast": 0.0, "prune": 0.0}
        self._zombies: List[int] = []

    async def run(self) -> None:
        """Until cancelled."""
        await asyncio.gather(self._tick(), self._look_for_writes())

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            try:
                await self._look_for_us()
                await self._look_after()
                await self._try_again()
                self._reap()
                if self._is_due("ballast", BALLAST_EVERY):
                    ballast.load(self._keeper.home.path)
                if self._is_due("prune", PRUNE_EVERY):
                    store.prune(self._keeper.home.store)
                self._leave_when_idle()
            except Exception:  # noqa: BLE001 a full disk or an error of ours must not end the keeper
                self._say("looking after failed:\n%s" % traceback.format_exc())

    async def _look_after(self) -> None:
        """A deployer that vanished, a warm slot that has been kept long enough."""
        if self._keeper.moving.locked():
            return
        async with self._keeper.moving:
            await self._deploying.expire()
            await self._keeper.end_warmth()

    def _is_due(self, chore: str, every: float) -> bool:
        if time.monotonic() < self._due[chore]:
            return False
        self._due[chore] = time.monotonic() + every
        return True

    async def _try_again(self) -> None:
        """What ran here before comes back as soon as its port is free."""
        keeper = self._keeper
        if not keeper.blocked or keeper.moving.locked() or not self._is_due("try", TRY_EVERY):
            return
        async with keeper.moving:
            adopt(keeper)
        if not keeper.blocked:
            self._say("the port is free again: what ran here runs again")

    async def _look_for_writes(self) -> None:
        while True:
            await self._keeper.writes.look(tuple(self._keeper.slots.values()))
            await asyncio.sleep(WRITES_EVERY)

    def _reap(self) -> None:
        """Orphans that became our children (prctl(2)): whoever waits for a child of its own does so soon, so one that
        is still a zombie at the second look is nobody's."""
        if not self._is_due("reap", REAP_EVERY):
            return
        seen = [process.pid for process in zombies()]
        for pid in set(seen) & set(self._zombies):
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        self._zombies = [pid for pid in seen if pid not in self._zombies]

    def _leave_when_idle(self) -> None:
        if self._keeper.is_needed:
            self._idle_since = time.monotonic()
        elif time.monotonic() - self._idle_since >= self._idle:
            self._say("nothing to keep")
            self._leave()


def zombies() -> List[processes.Stat]:
    """Ended children of ours that nobody has waited for."""
    try:
        with open("/proc/self/task/%d/children" % os.getpid(), encoding="ascii") as file:
            pids = [int(pid) for pid in file.read().split()]
    except OSError:
        pids = [process.pid for process in processes.every() if process.parent == os.getpid()]
    found = (processes.stat(pid) for pid in pids)
    return [process for process in found if process is not None and process.state == "Z"]
