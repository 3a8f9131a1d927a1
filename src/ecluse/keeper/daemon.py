"""The keeper as a process: leaves whoever started it, is the only one of its environment, and lives."""

import asyncio
import contextlib
import os
import platform
import signal
import socket
import subprocess
import sys
import traceback
from typing import Callable, Dict, Optional

from ecluse.keeper import ballast, kernel, processes, program, server, trees
from ecluse.keeper.adopt import adopt
from ecluse.keeper.chores import Chores
from ecluse.keeper.deploying import Deploying
from ecluse.keeper.holding import Holding
from ecluse.keeper.keeper import Keeper
from ecluse.keeper.life import Life
from ecluse.keeper.orders import Body, Json, Orders
from ecluse.keeper.places import Home
from ecluse.keeper.presence import Presence, lock_or_neighbour
from ecluse.wire import codes
from ecluse.wire.archive import edition

IDLE = 60.0
"""Seconds after which a keeper ends that has nothing to keep; whoever needs one starts it."""

_OWN = ("lock", "orders")
"""Descriptors that an upgrade hands over beside the sockets of the public port."""

Ready = Callable[[str], None]


def leave() -> Optional[Ready]:
    """Fork away from the caller: own session, no descriptor of its kept, working folder `/`.

    Returns in the daemon with how to tell the caller that it is ready, or why it never will be. In the caller it
    returns None once that was told; a keeper that can't start prints why and exits 1.
    """
    reads, writes = os.pipe()
    if os.fork():
        os.close(writes)
        with os.fdopen(reads, encoding="utf-8") as pipe:
            said = pipe.read()
        os.wait()
        if said != "ready":
            sys.exit(said or "the keeper ended before it was ready")
        return None
    os.setsid()
    if os.fork():
        os._exit(0)
    os.chdir("/")
    _close_all_but(writes)

    def ready(text: str) -> None:
        with contextlib.suppress(OSError):
            os.write(writes, text.encode("utf-8"))
            os.close(writes)

    return ready


def _close_all_but(kept: int) -> None:
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) != kept:  # noqa: PLR2004
            with contextlib.suppress(OSError):
                os.close(int(name))
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nowhere, number)
    os.close(nowhere)


def run(home: Home, *, ready: Ready, inherited: Optional[Dict[str, int]] = None, idle: float = IDLE) -> int:
    """Be the keeper of `home` until it is shut. Another one is there: nothing to do."""
    home.make()
    life = Life(home.life)
    life.capture()
    try:
        lock = inherited["lock"] if inherited else lock_or_neighbour(home)
        if lock is None:
            ready("ready")
            return 0
        return asyncio.run(_live(home, life, lock, ready, inherited, idle))
    except TimeoutError as error:
        ready(str(error))
        return 1
    except Exception as error:
        life.say("the keeper failed:\n%s" % traceback.format_exc())
        ready("%s: %s" % (type(error).__name__, error))
        raise


async def _live(
    home: Home, life: Life, lock: int, ready: Ready, inherited: Optional[Dict[str, int]], idle: float
) -> int:
    """Python 3.9 ties events and locks to the loop in which they are made: everything is made in here."""
    return await Daemon(home, life, idle).live(lock, ready, inherited)


class Daemon:
    """Everything of one keeper process that is not a move of a deployment."""

    def __init__(self, home: Home, life: Life, idle: float) -> None:
        self._home, self._life, self._idle = home, life, idle
        self._end = asyncio.Event()
        self._shut = False
        self._remove = False
        self._ghost = False

    async def live(self, lock: int, ready: Ready, inherited: Optional[Dict[str, int]]) -> int:
        kernel.become_subreaper()
        self._keeper = keeper = Keeper(self._home)
        self._holding = Holding(self._home, keeper.traffic, self._life.say)
        adopt(keeper, {name: inherited[name] for name in inherited if name not in _OWN} if inherited else None)
        ballast.load(self._home.path)
        listener = socket.socket(fileno=inherited["orders"]) if inherited else None
        self._presence = Presence(self._home, self._identity(), lock, listener)
        self._holding.update()  # not before we can be found: its holder would start one after us that can't either
        deploying = Deploying(keeper)
        self._server = server.Server(Orders(keeper, deploying, self._body()), self._life.say)
        self._serving = await self._server.serve(self._presence.listener)
        chores = Chores(
            keeper,
            deploying,
            self._life.say,
            look_for_us=self._look_for_us,
            leave=self._end_soon,
            idle=self._idle,
        )
        tasks = [asyncio.ensure_future(work) for work in (keeper.output.run(), chores.run())]
        self._life.say("ready: version %s, adopted %s" % (program.version(), self._adopted()))
        ready("ready")
        await self._until_ended()
        for task in tasks:
            task.cancel()
        self._serving.close()
        self._leave()
        return 0

    async def _look_for_us(self) -> None:
        """Somebody may remove the folder, or our socket in it (`git clean -fdx`): what runs must still be found."""
        if self._ghost or self._presence.is_found:
            return
        self._serving.close()
        if not self._presence.restore():
            self._ghost = True
            self._life.say("another keeper has our place; what runs here goes on, and obeys nobody")
            return
        self._serving = await self._server.serve(self._presence.listener)
        self._holding.renew()
        self._keeper.rewrite()
        self._life.say("our socket was removed: it is there again")

    async def _until_ended(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end.set)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        await self._end.wait()

    def _leave(self) -> None:
        """After `shut` nothing is left; after a signal everything runs on and is adopted by the next keeper."""
        self._keeper.output.drain()
        if self._shut:
            self._holding.end()
            self._keeper.vault.remove()
            self._presence.remove()
        self._life.say("ended")
        if self._remove:
            trees.remove(self._home.path)

    def _adopted(self) -> str:
        found = [slot.name for slot in self._keeper.slots.values() if slot.running]
        return ", ".join(found) or "nothing"

    def _identity(self) -> Json:
        seen = processes.stat(os.getpid())
        return {
            "keeper": program.version(),
            "edition": edition(),
            "protocol": codes.PROTOCOL,
            "pid": os.getpid(),
            "start_time": seen.start_time if seen else 0,
            "python": platform.python_version(),
            "boot": self._keeper.boot,
        }

    def _body(self) -> Body:
        return Body(self._identity(), self._end_soon, self._upgrade)

    def _end_soon(self, *, remove: bool = False) -> None:
        """After the answer is out. `remove`: with everything that the environment has, its data too."""
        self._shut, self._remove = True, remove
        self._holding.end()
        asyncio.get_running_loop().call_later(0.05, self._end.set)

    async def _upgrade(self, path: str) -> Json:
        """Become the program at `path`; the same version: nothing to do."""
        version = await asyncio.to_thread(_version_of, path)
        if version != program.version():
            self._become(path, version)
        return {"version": version}

    def _become(self, path: str, version: str) -> None:
        """Same process, same sockets, same children; the connections of clients end."""
        self._life.say("becoming %s (%s)" % (path, version))
        self._keeper.output.drain()
        for slot in self._keeper.slots.values():
            slot.save()
        self._keeper.services.save()
        words = program.command("run", "--home", self._home.path, "--inherit", self._handed(), path=path)
        os.execv(words[0], words)  # noqa: S606

    def _handed(self) -> str:
        """Names and numbers of the descriptors that survive the exec."""
        handed = {"lock": self._presence.lock, "orders": self._presence.listener.fileno()}
        for slot, listener in (self._keeper.traffic.pair or {}).items():
            handed[slot] = listener.fileno()
        for descriptor in handed.values():
            os.set_inheritable(descriptor, True)
        return ",".join("%s=%d" % pair for pair in handed.items())


def _version_of(path: str) -> str:
    """Asked of the program itself: one that can't even start is never exec'd."""
    asked = subprocess.run(
        program.command("version", path=path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=30,
        check=False,
    )
    if asked.returncode != 0:
        why = asked.stderr.decode("utf-8", "replace").strip()
        raise codes.OrderError(codes.BAD_ORDER, "%s is no keeper: %s" % (path, why), {"path": path})
    return asked.stdout.decode("utf-8", "replace").strip()
