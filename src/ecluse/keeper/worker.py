"""One supervised process: started, watched by pidfd and start time, started again with back-off, stopped."""

import asyncio
import os
import signal
import time
from typing import Any, Callable, Dict, Optional, Set, Tuple

from ecluse.keeper import processes
from ecluse.keeper.processes import boottime
from ecluse.wire import codes

FIRST_DELAY = 0.1
LONGEST_DELAY = 10.0
STEADY = 10.0
"""A process that lived this many seconds starts counting anew."""
UNSURE = 2.0
"""So long after an exit a process that runs again may be about to exit again."""
FEW = 3
"""So many exits in a row and a release that has no traffic yet has failed."""

RUNNING = "running"
WAITING = "waiting"
ENDING = "ending"
EXITED = "exited"


def delay(failures: int) -> float:
    return min(FIRST_DELAY * 2.0 ** min(failures - 1, 20), LONGEST_DELAY)


def describe(status: Optional[int]) -> str:
    """`exit 1`, `SIGKILL`, or `unknown` for a process whose parent we are not."""
    if status is None:
        return "unknown"
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        try:
            return signal.Signals(number).name
        except ValueError:
            return "signal %d" % number
    return "exit %d" % os.WEXITSTATUS(status)


def reap(pid: int) -> Optional[int]:
    """The wait status of an ended child; None when it isn't ours (it was adopted)."""
    try:
        ended, status = os.waitpid(pid, 0)
    except ChildProcessError:
        return None
    return status if ended else None


class Watch:
    """Calls `ended` once, when the process ends."""

    def __init__(self, pid: int, ended: Callable[[], None]) -> None:
        self._ended = ended
        self._pidfd = -1
        try:
            self._pidfd = os.pidfd_open(pid)
            asyncio.get_running_loop().add_reader(self._pidfd, self._fire)
        except ProcessLookupError:
            asyncio.get_running_loop().call_soon(self._fire)

    def _fire(self) -> None:
        self.close()
        self._ended()

    def close(self) -> None:
        if self._pidfd >= 0:
            asyncio.get_running_loop().remove_reader(self._pidfd)
            os.close(self._pidfd)
            self._pidfd = -1


class Worker:
    """One process of a slot. `name` is unique in its slot; `process` is the name in the manifest.

    `order` makes what to start, afresh each time. `changed` is called after each start and exit. `may_give_up` says
    whether a few exits in a row end the attempts (a release that never had traffic) or not (one that serves).
    """

    def __init__(
        self,
        name: str,
        process: str,
        order: Callable[[], processes.Order],
        *,
        changed: Callable[["Worker"], None],
        may_give_up: Callable[[], bool],
    ) -> None:
        self.name = name
        self.process = process
        self.pid: Optional[int] = None
        self.start_time = 0
        self.started_at = 0.0
        """For people; what depends on its age goes by `_since` (CLOCK_BOOTTIME), because clocks are set."""
        self._since = 0.0
        self.restarts = 0
        self.last_exit = ""
        self.state = EXITED
        self._order = order
        self._changed = changed
        self._may_give_up = may_give_up
        self.gave_up = False
        self._failures = 0
        self._wanted = False
        self._signalled = False
        """It was told to end, by us or by the keeper before us."""
        self._watch: Optional[Watch] = None
        self._timer: Optional[asyncio.TimerHandle] = None
        self._gone = asyncio.Event()
        self._stopping: Optional["asyncio.Future[bool]"] = None

    @property
    def is_steady(self) -> bool:
        """Running, and not just started again after an exit."""
        return self.state == RUNNING and (not self._failures or boottime() - self._since > UNSURE)

    @property
    def shown(self) -> str:
        """Its state as others see it: one that is being stopped runs, and can't be counted on."""
        return ENDING if self.state == RUNNING and self._stopping and not self._wanted else self.state

    def start(self) -> None:
        """Start it and keep it running. OrderError K041 when it can't be started even once.

        One that is just being stopped is started as soon as it has ended.
        """
        if self._wanted and self.state != EXITED:
            return
        self._wanted, self.gave_up = True, False
        if self._stopping:
            return
        self._failures = self.restarts = 0
        try:
            self._spawn()
        except codes.OrderError as error:
            self._wanted, self.gave_up, self.last_exit = False, True, error.message
            raise

    def _spawn(self) -> None:
        self.pid = processes.start(self._order())
        seen = processes.stat(self.pid)
        self._run(self.pid, seen.start_time if seen else 0, time.time(), boottime())

    def _run(self, pid: int, start_time: int, started_at: float, since: float) -> None:
        self.pid, self.start_time, self.started_at, self._since = pid, start_time, started_at, since
        self.state = RUNNING
        self._gone = asyncio.Event()
        self._watch = Watch(pid, self._ended)
        self._changed(self)

    def adopt(self, record: Dict[str, Any], *, may_start: bool = True) -> None:
        """Go on with what an earlier keeper started; started again when it has ended meanwhile, if that may be."""
        self.restarts = int(record["restarts"])
        self.last_exit = str(record["last_exit"])
        self.gave_up = bool(record["gave_up"])
        self._wanted = record["state"] != EXITED
        self._signalled = bool(record.get("signalled"))
        pid = record["pid"]
        if pid and processes.is_alive(pid, record["start_time"]):
            self._run(pid, record["start_time"], record["started_at"], record.get("since", 0.0))
        elif record.get("ends") or not may_start:
            self._wanted, self._signalled, self.last_exit = False, False, describe(None)
        elif self._wanted:
            self.last_exit = describe(None) if pid else self.last_exit
            self._again()

    def record(self) -> Dict[str, Any]:
        return {
            "name": self.name,
            "process": self.process,
            "pid": self.pid,
            "start_time": self.start_time,
            "started_at": self.started_at,
            "since": self._since,
            "state": self.state,
            "restarts": self.restarts,
            "last_exit": self.last_exit,
            "gave_up": self.gave_up,
            "signalled": self._signalled,
            "ends": self._signalled and not self._wanted,
        }

    def _ended(self) -> None:
        pid, self.pid, self._watch, self._signalled = self.pid or 0, None, None, False
        processes.end_family(pid)
        self.last_exit = describe(reap(pid))
        if boottime() - self._since > STEADY:
            self._failures = 0
        self._gone.set()
        if self._wanted and self._stopping:
            self._try()  # its end was asked for: no restart that speaks against it
        elif self._wanted:
            self._again()
        else:
            self.state = EXITED
            self._changed(self)

    def _again(self) -> None:
        self._failures += 1
        if self._failures >= FEW and self._may_give_up():
            self._wanted, self.gave_up, self.state = False, True, EXITED
        else:
            self.state = WAITING
            self._timer = asyncio.get_running_loop().call_later(delay(self._failures), self._restart)
        self._changed(self)

    def _restart(self) -> None:
        self._timer = None
        self.restarts += 1
        self._try()

    def _try(self) -> None:
        try:
            self._spawn()
        except (codes.OrderError, OSError) as error:
            self.last_exit = str(error)
            self._again()

    async def stop(self, number: int, budget: float) -> bool:
        """The signal, `budget` seconds, then SIGKILL for the whole family. Whether it ended by itself.

        Called again meanwhile it waits for the same end: a second signal means "at once" to many servers and workers,
        so it isn't sent by the next keeper either.
        """
        self._wanted = False
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self.pid is None:
            self.state = EXITED
            self._changed(self)
            return True
        if self._stopping is None:
            self._stopping = asyncio.ensure_future(self._end(self.pid, number, budget))
        return await asyncio.shield(self._stopping)

    async def _end(self, pid: int, number: int, budget: float) -> bool:
        gone = self._gone
        known: Set[Tuple[int, int]] = processes.named(processes.family(pid))
        if not self._signalled:
            self._signalled = True
            processes.send(pid, self.start_time, number)
            self._changed(self)
        try:
            await asyncio.wait_for(gone.wait(), budget)
        except asyncio.TimeoutError:
            return False
        else:
            return True
        finally:
            processes.end_family(pid, known)
            await gone.wait()
            self._stopping = None

    def forget(self) -> None:
        """Stop watching, leave it running: another keeper goes on with it."""
        self._wanted = False
        if self._timer:
            self._timer.cancel()
        if self._watch:
            self._watch.close()
