"""The keeper as a process: leaves whoever started it, is the only one of its environment, and lives."""

import asyncio
import contextlib
import fcntl
import os
import platform
import signal
import socket
import subprocess
import sys
import time
import traceback
from typing import Callable, Dict, List, Optional

from ecluse.keeper import kernel, processes, program, records, server
from ecluse.keeper.adopt import adopt
from ecluse.keeper.holding import Holding
from ecluse.keeper.keeper import Keeper
from ecluse.keeper.life import Life
from ecluse.keeper.orders import Body, Json, Orders
from ecluse.keeper.places import Home
from ecluse.wire import codes

TICK = 0.25
TRY_EVERY = 1.0
"""Seconds between two looks at whether a port that somebody else has is free again."""
REAP_EVERY = 10.0
WRITES_EVERY = 10.0
"""Seconds between two looks at what the releases have written into their trees."""
PATIENCE = 15.0
"""Seconds in which a keeper that somebody else is starting must answer."""

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


def run(home: Home, *, ready: Ready, inherited: Optional[Dict[str, int]] = None) -> int:
    """Be the keeper of `home` until it is shut. Another one is there: nothing to do."""
    home.make()
    life = Life(home.life)
    life.capture()
    lock = inherited["lock"] if inherited else _lock(home)
    if lock is None:
        ready("ready" if _answers(home) else "another keeper of %s is there and doesn't answer" % home.path)
        return 0
    try:
        return asyncio.run(_live(home, life, lock, ready, inherited))
    except Exception as error:
        life.say("the keeper failed:\n%s" % traceback.format_exc())
        ready("%s: %s" % (type(error).__name__, error))
        raise


async def _live(home: Home, life: Life, lock: int, ready: Ready, inherited: Optional[Dict[str, int]]) -> int:
    """Python 3.9 ties events and locks to the loop in which they are made: everything is made in here."""
    return await Daemon(home, life, lock).live(ready, inherited)


def _lock(home: Home) -> Optional[int]:
    """Held as long as we live, and over an exec; None when another process has it."""
    descriptor = os.open(home.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _answers(home: Home) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            server.connect(home.socket).close()
        except OSError:
            time.sleep(0.02)
        else:
            return True
    return False


class Daemon:
    """Everything of one keeper process that is not a move of a deployment."""

    def __init__(self, home: Home, life: Life, lock: int) -> None:
        self._home, self._life, self._lock = home, life, lock
        self._end = asyncio.Event()
        self._shut = False
        self._listener: Optional[socket.socket] = None
        self._zombies: List[int] = []
        self._reap_at = 0.0
        self._try_at = 0.0

    async def live(self, ready: Ready, inherited: Optional[Dict[str, int]]) -> int:
        kernel.become_subreaper()
        self._keeper = keeper = Keeper(self._home)
        self._holding = Holding(self._home, keeper.traffic, self._life.say)
        adopt(keeper, {name: inherited[name] for name in inherited if name not in _OWN} if inherited else None)
        self._holding.update()
        tasks = [asyncio.ensure_future(work) for work in (keeper.output.run(), self._tick(), self._look_for_writes())]
        self._listener = socket.socket(fileno=inherited["orders"]) if inherited else server.bind(self._home.socket)
        self._introduce()
        orders = Orders(keeper, self._body())
        serving = await server.Server(orders, self._life.say).serve(self._listener)
        self._life.say("ready: version %s, adopted %s" % (program.version(), self._adopted()))
        ready("ready")
        await self._until_ended()
        for task in tasks:
            task.cancel()
        serving.close()
        self._leave()
        return 0

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
            for path in (self._home.socket, self._home.identity):
                records.remove(path)
        self._life.say("ended")

    def _adopted(self) -> str:
        found = [slot.name for slot in self._keeper.slots.values() if slot.running]
        return ", ".join(found) or "nothing"

    def _identity(self) -> Json:
        seen = processes.stat(os.getpid())
        return {
            "keeper": program.version(),
            "protocol": codes.PROTOCOL,
            "pid": os.getpid(),
            "start_time": seen.start_time if seen else 0,
            "python": platform.python_version(),
            "boot": self._keeper.boot,
        }

    def _introduce(self) -> None:
        with contextlib.suppress(OSError):
            records.write(self._home.identity, self._identity(), durable=False)

    def _body(self) -> Body:
        return Body(self._identity(), self._end_soon, self._upgrade)

    def _end_soon(self) -> None:
        """After the answer is out."""
        self._shut = True
        self._holding.end()
        asyncio.get_running_loop().call_later(0.05, self._end.set)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            try:
                await self._keeper.look_after()
                await self._try_again()
                if time.monotonic() >= self._reap_at:
                    self._reap()
            except Exception:  # noqa: BLE001 a full disk or an error of ours must not end the keeper
                self._life.say("looking after failed:\n%s" % traceback.format_exc())

    async def _try_again(self) -> None:
        """What ran here before comes back as soon as its port is free."""
        keeper = self._keeper
        if not keeper.blocked or keeper.moving.locked() or time.monotonic() < self._try_at:
            return
        self._try_at = time.monotonic() + TRY_EVERY
        async with keeper.moving:
            adopt(keeper)
        if not keeper.blocked:
            self._life.say("the port is free again: adopted %s" % self._adopted())

    async def _look_for_writes(self) -> None:
        while True:
            await self._keeper.writes.look(tuple(self._keeper.slots.values()))
            await asyncio.sleep(WRITES_EVERY)

    def _reap(self) -> None:
        """Orphans that became our children (prctl(2)): whoever waits for a child of its own does so soon, so one that
        is still a zombie at the second look is nobody's."""
        self._reap_at = time.monotonic() + REAP_EVERY
        seen = [process.pid for process in _zombies()]
        for pid in set(seen) & set(self._zombies):
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        self._zombies = [pid for pid in seen if pid not in self._zombies]

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
        words = program.command("run", "--home", self._home.path, "--inherit", self._handed(), path=path)
        os.execv(words[0], words)  # noqa: S606

    def _handed(self) -> str:
        """Names and numbers of the descriptors that survive the exec."""
        handed = {"lock": self._lock, "orders": self._listener.fileno() if self._listener else -1}
        for slot, listener in (self._keeper.traffic.pair or {}).items():
            handed[slot] = listener.fileno()
        for descriptor in handed.values():
            os.set_inheritable(descriptor, True)
        return ",".join("%s=%d" % pair for pair in handed.items())


def _zombies() -> List[processes.Stat]:
    """Ended children of ours that nobody has waited for."""
    try:
        with open("/proc/self/task/%d/children" % os.getpid(), encoding="ascii") as file:
            pids = [int(pid) for pid in file.read().split()]
    except OSError:
        pids = [process.pid for process in processes.every() if process.parent == os.getpid()]
    found = (processes.stat(pid) for pid in pids)
    return [process for process in found if process is not None and process.state == "Z"]


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
