"""The step supervisor: one child of the runner, below which every step runs, and nothing else.

Started as `python -I -S` with the standard library alone, so that it is there in a few milliseconds. The runner hires
wardens over `control`; each hire brings the socket over which that warden is spoken to. When the control socket
closes, because the runner closed it or was killed, everything below ends.

Which layer ends everything:

- `namespace`: supervisor and steps live in a process namespace of their own, of which the supervisor is the first
  process. Its end, by whatever signal, makes the kernel kill all the others.
- `cgroup`: as `sessions`, and all of them are in a control group that the runner, or the next one, ends at once.
- `sessions`: the supervisor leaves the runner's session and is a subreaper; runner, supervisor and wardens watch each
  other by a socket's end of file and by PR_SET_PDEATHSIG, and each kills until it has no child left.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NoReturn

from ecluse.system import cgroup, frames, kernel
from ecluse.system.layers import CGROUP, NAMESPACE
from ecluse.system.wakeup import Wakeup
from ecluse.system.warden import Warden, end_children


def main() -> None:
    """Arguments: the number of the control socket's descriptor, the layer wanted, and the folder of the control
    group and the file for notes, each of which may be empty.

    A layer that the system refuses ends the supervisor before it has said anything; the runner then asks for less.
    """
    number, layer, group, notes = sys.argv[-4:]
    control = socket.socket(fileno=int(number))
    if layer == NAMESPACE:
        kernel.die_with_parent(signal.SIGKILL)
        _enter_namespace()
        first = os.fork()
        if first:
            control.close()
            os._exit(os.waitstatus_to_exitcode(os.waitpid(first, 0)[1]) & 0xFF)
        kernel.die_with_parent(signal.SIGKILL)
        kernel.own_proc()
    else:
        kernel.die_with_parent(signal.SIGTERM)
        kernel.adopt_orphans()
        if layer == CGROUP:
            cgroup.join(group)
    frames.send(control, layer)
    Supervisor(control, group, notes).serve()


def _enter_namespace() -> None:
    """Our next child is the first process of a namespace. OSError when the system doesn't allow that.

    Root needs no user namespace for it, and without one its steps may still change their user.
    """
    own = kernel.CLONE_NEWPID | kernel.CLONE_NEWNS
    uid, gid = os.getuid(), os.getgid()
    try:
        kernel.unshare(own)
    except PermissionError:
        kernel.unshare(own | kernel.CLONE_NEWUSER)
        kernel.keep_own_ids(uid, gid)


class Supervisor:
    """Hires wardens, collects what ends, and ends everything when its runner is gone."""

    def __init__(self, control: socket.socket, group: str, notes: str) -> None:
        self._control = control
        self._group = group
        self._notes = notes
        self._wardens: set[int] = set()
        self._wakeup = Wakeup()

    def serve(self) -> NoReturn:
        try:
            while True:
                heard: list[Any] = [self._control, self._wakeup]
                ready, _, _ = select.select(heard, (), ())
                if self._wakeup in ready:
                    if self._wakeup.take():
                        break
                    self._collect()
                if self._control in ready:
                    _, (channel,) = frames.receive(self._control)
                    self._hire(socket.socket(fileno=channel))
        except (EOFError, OSError):
            pass
        finally:
            end_children()
            if self._group:
                with suppress(OSError):  # then the runner does it, or the next one
                    cgroup.leave(self._group)
            os._exit(0)

    def _hire(self, channel: socket.socket) -> None:
        pid = os.fork()
        if pid:
            self._wardens.add(pid)
            channel.close()
            return
        kernel.die_with_parent(signal.SIGTERM)
        kernel.adopt_orphans()
        self._control.close()
        self._wakeup.close()
        try:
            Warden(channel, self._notes).serve()
        finally:
            os._exit(0)

    def _collect(self) -> None:
        """Reap. A child that is no warden is what a warden left when a step killed it: that ends too. A warden that a
        step has stopped goes on, or no time-out would end that step."""
        for pid, status in _news_of_children():
            if not os.WIFSTOPPED(status):
                self._wardens.discard(pid)
            elif pid in self._wardens:
                os.kill(pid, signal.SIGCONT)
        for pid in set(kernel.children()) - self._wardens:
            kernel.kill(pid)


def _news_of_children() -> Iterator[tuple[int, int]]:
    """Who has ended or was stopped, and its wait status."""
    with suppress(ChildProcessError):
        while (news := os.waitpid(-1, os.WNOHANG | os.WUNTRACED))[0]:
            yield news
