"""The parent of the workers: starts them, hands on the order to stop, ends what stays, tells how it ended."""

import ctypes
import os
import signal
import sys
import time
from typing import Callable, Dict, Optional

APP_FAILED = 3
"""Exit status when the app can't be loaded: starting it again would change nothing."""

SOON = 5.0
"""Seconds. A worker that ends sooner takes the crew along, so that the keeper sees a crash loop and backs off."""

_WATCHED = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
_PR_SET_PDEATHSIG = 1


class Crew:
    """Workers that run the same thing, each in a process of its own."""

    def __init__(self, work: Callable[[], int], drain: float, renewed: Callable[[], None]) -> None:
        """`work` runs in each child and returns its exit status. `drain`: seconds from SIGTERM to SIGKILL. `renewed` is
        told of each that is started in the place of one that ended by itself."""
        self._work = work
        self._drain = drain
        self._renewed = renewed
        self._alive: Dict[int, float] = {}
        self._deadline: Optional[float] = None
        self._status = 0

    def run(self, count: int) -> int:
        """Until all have ended. 0 after SIGTERM or SIGINT if each finished in time, 1 if one had to be killed."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
        for _ in range(count):
            self._start()
        while self._alive:
            seen = signal.sigtimedwait(_WATCHED, self._patience())
            if seen is None:
                self._kill()
            elif seen.si_signo == signal.SIGCHLD:
                self._reap(alone=count == 1)
            else:
                self._stop()
        return self._status

    def _start(self) -> None:
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            _die_with(parent)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED)
            sys.exit(self._work())
        self._alive[pid] = time.monotonic()

    def _reap(self, alone: bool) -> None:
        while self._alive:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            began = self._alive.pop(pid, None)
            if began is not None and self._deadline is None:
                self._lost(pid, _exit_status(status), alone or time.monotonic() - began < SOON)

    def _lost(self, pid: int, status: int, for_good: bool) -> None:
        _say("worker %d ended by itself, exit status %d" % (pid, status))
        if for_good or status == APP_FAILED:
            self._status = status or 1
            self._stop()
        else:
            self._renewed()
            self._start()

    def _stop(self) -> None:
        if self._deadline is None:
            self._deadline = time.monotonic() + self._drain
            self._signal(signal.SIGTERM)

    def _kill(self) -> None:
        _say("%d of the workers didn't finish within %g s" % (len(self._alive), self._drain))
        self._status = self._status or 1
        self._signal(signal.SIGKILL)
        self._deadline = time.monotonic() + SOON

    def _signal(self, number: int) -> None:
        for pid in self._alive:
            os.kill(pid, number)

    def _patience(self) -> float:
        return 3600.0 if self._deadline is None else max(0.0, self._deadline - time.monotonic())


def _die_with(parent: int) -> None:
    """The kernel kills us when the parent is gone (prctl(2)); the parent may be gone already."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def _exit_status(status: int) -> int:
    """As a shell tells it: 128 + the number of a signal."""
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)


def _say(text: str) -> None:
    sys.stderr.write("ecluse: %s\n" % text)
    sys.stderr.flush()
