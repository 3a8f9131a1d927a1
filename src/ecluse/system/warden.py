"""The warden: runs one step at a time and outlives everything the step started.

It is a subreaper, so that whatever a step forks, however it leaves its session, falls to the warden when its parent
ends. A step is over when the warden has no child left.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ecluse.system import frames, kernel
from ecluse.system.veil import Veil
from ecluse.system.wakeup import Wakeup

if TYPE_CHECKING:
    from socket import socket

_RESET = (signal.SIGHUP, signal.SIGINT, signal.SIGPIPE, signal.SIGQUIT, signal.SIGTERM, signal.SIGXFSZ)
"""Python ignores some of them and so may whoever started us; a step begins with the system's defaults."""


class Warden:
    """Serves one runner over `channel`: `run` requests one after the other, `end` while one is under way."""

    def __init__(self, channel: socket, notes: str = "") -> None:
        """`notes`: the file in which it is noted what runs, see `remains`; empty where nothing can be left."""
        self._channel = channel
        self._notes = notes
        self._veil = Veil()
        self._wakeup = Wakeup()

    def serve(self) -> None:
        """Until the runner or the supervisor is gone; leaves no child."""
        try:
            while True:
                if self._channel not in self._heard(self._channel):
                    continue
                request, descriptors = frames.receive(self._channel)
                if "run" in request:  # an `end` that came too late has nothing to end
                    frames.send(self._channel, self._run(request["run"], descriptors))
        except (EOFError, OSError):
            pass
        finally:
            end_children()

    def _run(self, wanted: dict[str, Any], descriptors: Sequence[int]) -> dict[str, Any]:
        try:
            self._veil.over(wanted["veiled"], wanted["shown"], wanted["writable"])
            os.chdir(wanted["folder"])
            pid = _start(wanted["argv"], wanted["env"], wanted["wiring"], descriptors)
        except OSError as error:
            return {"errno": error.errno or 0, "path": wanted["argv"][0]}
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        self._note(f"{pid} {kernel.born(pid)}" if self._notes else "")
        try:
            return self._watch(pid, wanted["timeout"], wanted["grace"])
        finally:
            os.chdir("/")

    def _note(self, line: str) -> None:
        """A disk that is full ends no step."""
        if self._notes:
            with suppress(OSError):
                notes = os.open(self._notes, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
                os.write(notes, f"{line}\n".encode())
                os.close(notes)

    def _watch(self, pid: int, timeout: float | None, grace: float) -> dict[str, Any]:
        deadline = None if timeout is None else time.monotonic() + timeout
        status, asked = self._await(pid, deadline)
        timed_out = status is None and not asked
        if status is None:
            _tell(pid, signal.SIGTERM)
            status, _ = self._await(pid, time.monotonic() + grace, heed_runner=False)
        ended = end_children()
        self._note(f"-{pid}")
        if status is None:
            status = ended.pop(pid)
        left = [was for was in ended.values() if os.WIFSIGNALED(was) and os.WTERMSIG(was) == signal.SIGKILL]
        return {"status": status, "timed_out": timed_out, "left": len(left)}

    def _await(self, pid: int, deadline: float | None, *, heed_runner: bool = True) -> tuple[int | None, bool]:
        """The step's wait status, None at the deadline or when the runner asks for the end (then also True)."""
        runner = [self._channel] if heed_runner else []
        while (status := _reap(pid)) is None:
            patience = None if deadline is None else deadline - time.monotonic()
            if patience is not None and patience <= 0:
                return None, False
            if self._channel in self._heard(*runner, patience=patience):
                frames.receive(self._channel)  # the only message while a step runs is `end`
                return None, True
        return status, False

    def _heard(self, *channels: socket, patience: float | None = None) -> list[Any]:
        """Which of `channels` have something, once a signal, one of them or the end of `patience` wakes us.

        EOFError: we were told to end, as the kernel does when the supervisor is gone.
        """
        heard: list[Any] = [self._wakeup, *channels]
        ready, _, _ = select.select(heard, (), (), patience)
        if self._wakeup in ready and self._wakeup.take():
            raise EOFError("the supervisor is gone")
        return ready


def _start(argv: list[str], env: Mapping[str, str], wiring: Sequence[int | None], descriptors: Sequence[int]) -> int:
    """`wiring` says which of `descriptors` becomes standard input, output and error; None: /dev/null, as is ours."""
    actions = [(os.POSIX_SPAWN_DUP2, descriptors[at], number) for number, at in enumerate(wiring) if at is not None]
    return os.posix_spawn(
        _program(argv[0], env), argv, env, file_actions=actions, setsid=True, setsigmask=(), setsigdef=_RESET
    )


def _program(name: str, env: Mapping[str, str]) -> str:
    """`name` as execvp(3) would find it on the PATH of the step, not on ours."""
    if "/" in name:
        return name
    for folder in env.get("PATH", os.defpath).split(os.pathsep):
        path = os.path.join(folder, name)  # noqa: PTH118 (pathlib would double what a start costs)
        if os.access(path, os.X_OK) and not os.path.isdir(path):  # noqa: PTH112
            return path
    raise FileNotFoundError(2, "No such file or directory", name)


def _reap(pid: int) -> int | None:
    """Collect every child that ended; the wait status of `pid` if it was among them."""
    status = None
    while True:
        try:
            ended, its_status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return status
        if ended == 0:
            return status
        if ended == pid:
            status = its_status


def _tell(session: int, number: int) -> None:
    """The step's own process group; what left it is found as our child later."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(session, number)


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def end_children() -> dict[int, int]:
    """Kill until no child is left; the wait status of each.

    A killed child's own children become ours, so this goes on until the kernel knows none. Those that we may not
    kill (they changed their user) can't be ended and are not waited for.
    """
    ended: dict[int, int] = {}
    if not _has_children():  # the usual case, and by far the cheaper question
        return ended
    while living := [pid for pid in kernel.children() if kernel.kill(pid)]:
        ended |= {pid: os.waitpid(pid, 0)[1] for pid in living}
    return ended
