"""The keeper's side of the holder: it always has our sockets, and there always is one."""

import asyncio
import contextlib
import os
import time
from typing import Any, Callable, Dict, Optional, Tuple

from ecluse.keeper import holder, program
from ecluse.keeper.places import Home
from ecluse.keeper.traffic import Traffic
from ecluse.keeper.worker import STEADY, Watch, delay


class Holding:
    """Started with the first socket, told of each change, started again when it dies, ended with the last socket."""

    def __init__(self, home: Home, traffic: Traffic, say: Callable[[str], None]) -> None:
        self._home, self._traffic, self._say = home, traffic, say
        self._watch: Optional[Watch] = None
        self._born, self._failures = 0.0, 0
        self._timer: Optional[asyncio.TimerHandle] = None
        self.pid = 0
        traffic.changed = self.update

    def update(self) -> None:
        """Hand over the sockets that there are now."""
        descriptors: Tuple[int, ...] = ()
        if self._traffic.pair:
            descriptors = tuple(self._traffic.pair[name].fileno() for name in sorted(self._traffic.pair))
        order = {"order": "hold", "pid": os.getpid(), "command": program.command("run", "--home", self._home.path)}
        try:
            answer, _ = holder.call(self._home, order, descriptors, patience=holder.SHORT)
        except (OSError, ValueError):
            self._start(order, descriptors)
            return
        self._follow(int(answer["pid"]))

    def _start(self, order: Dict[str, Any], descriptors: Tuple[int, ...]) -> None:
        """Not beside a silent one: there are two then, and each starts a keeper."""
        holder.end_all(self._home)
        try:
            self._follow(holder.begin(self._home, order, descriptors))
        except OSError as error:
            self._say("no holder: %s" % error)

    def _follow(self, pid: int) -> None:
        if pid != self.pid:
            self.leave()
            self.pid, self._born = pid, time.monotonic()
            self._watch = Watch(pid, self._died)

    def _died(self) -> None:
        """Another one, at once; one that can't live (its program was removed) is tried again later and later."""
        self._say("the holder died; starting another")
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, os.WNOHANG)
        self.pid, self._watch = 0, None
        self._failures = self._failures + 1 if time.monotonic() - self._born < STEADY else 0
        if self._failures > 1:
            self._timer = asyncio.get_running_loop().call_later(delay(self._failures), self.update)
        else:
            self.update()

    def renew(self) -> None:
        """Its socket may have been removed with ours: then another one, and the old one, which can't be told, ends."""
        self.leave()
        self.update()

    def end(self) -> None:
        self.leave()
        with contextlib.suppress(OSError, ValueError):
            holder.call(self._home, {"order": "end", "pid": os.getpid()}, patience=holder.SHORT)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._home.holder_socket)
        holder.end_all(self._home)

    def leave(self) -> None:
        """Don't follow it any more."""
        if self._timer:
            self._timer.cancel()
        if self._watch:
            self._watch.close()
        self._watch, self._timer, self.pid = None, None, 0
