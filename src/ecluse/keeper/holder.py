"""The holder: a process that does nothing but keep the two sockets, and start a keeper again when it has died.

Its orders are single packets on `holder.sock`, JSON with descriptors beside it (unix(7), SCM_RIGHTS):
`hold` (two descriptors; the keeper's command), `give` (they come back), `end`.
"""

import contextlib
import json
import os
import selectors
import signal
import socket
import subprocess
import time
from typing import Any, Dict, List, Optional, Tuple

from ecluse.keeper import processes, program, unixsocket
from ecluse.keeper.life import Life
from ecluse.keeper.places import Home
from ecluse.keeper.worker import LONGEST_DELAY, STEADY, delay

PACKET = 64 * 1024
PATIENCE = 5.0
SHORT = 1.0
"""Patience with a holder that can be replaced: whoever asks has the sockets, and works on nothing else meanwhile."""


def begin(home: Home, order: Dict[str, Any], descriptors: Tuple[int, ...] = ()) -> int:
    """Start a holder; its pid. It is born with its first order, `hold`: whoever starts it may be killed right after.

    Its socket is bound by us, so that it can be called at once.
    """
    listener = unixsocket.bind(home.holder_socket, socket.SOCK_SEQPACKET)
    held = [word for number in descriptors for word in ("--held", str(number))]
    fd, first = str(listener.fileno()), json.dumps(order)
    with listener, open(home.life, "ab") as log:
        started = subprocess.Popen(
            program.command("holder", "--home", home.path, "--fd", fd, "--order", first, *held),
            env=program.environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(listener.fileno(), *descriptors),
            start_new_session=True,
        )
    started.returncode = 0  # it is watched by pidfd and reaped with the other orphans, not by this object
    return started.pid


def call(
    home: Home, order: Dict[str, Any], descriptors: Tuple[int, ...] = (), *, patience: float = PATIENCE
) -> Tuple[Dict[str, Any], List[int]]:
    """One order and its answer. OSError when there is no holder, or none that answers in time."""
    with unixsocket.connect(home.holder_socket, socket.SOCK_SEQPACKET) as connection:
        connection.settimeout(patience)
        socket.send_fds(connection, [json.dumps(order).encode()], list(descriptors))
        data, received, _, _ = socket.recv_fds(connection, PACKET, 8)
    return (json.loads(data) if data else {}), received


def end_all(home: Home) -> None:
    """Kill those who hold for `home`, silent ones too: such a one may still watch a keeper, would start another after
    the environment was shut, and can't be told any more once its socket was replaced."""
    for process in processes.every():
        if process.state not in "ZX" and _is_holder(process.pid, home):
            processes.send(process.pid, process.start_time, signal.SIGKILL)


def _is_holder(pid: int, home: Home) -> bool:
    with contextlib.suppress(OSError), open("/proc/%d/cmdline" % pid, "rb") as file:
        words = file.read().split(b"\0")
        return words[3:6] == [b"holder", b"--home", os.fsencode(home.path)] and _is_of_ours(pid)
    return False


def _is_of_ours(pid: int) -> bool:
    """Whether it sees the same files under the same names: a container's processes are seen from outside too."""
    with contextlib.suppress(OSError):
        return os.readlink("/proc/%d/ns/mnt" % pid) == os.readlink("/proc/self/ns/mnt")
    return False


class Holder:
    """Keeps descriptors and watches one keeper by pidfd."""

    def __init__(self, home: Home) -> None:
        self._life = Life(home.life)
        self._home = home
        self._held: Tuple[int, ...] = ()
        self._command: List[str] = []
        self._pidfd = -1
        self._failures = 0
        self._born = 0.0
        self._due: Optional[float] = None
        self._child: Optional["subprocess.Popen[bytes]"] = None
        self._selector = selectors.DefaultSelector()
        self._ending = False

    def run(self, listener: socket.socket, order: Dict[str, Any], descriptors: Tuple[int, ...]) -> None:
        self._hold(descriptors, order)
        self._selector.register(listener, selectors.EVENT_READ, lambda: self._accept(listener))
        while not self._ending:
            for key, _ in self._selector.select(self._wait()):
                key.data()
            if not self._ending and self._due is not None and time.monotonic() >= self._due:
                self._start_keeper()
        listener.close()

    def _wait(self) -> Optional[float]:
        return None if self._due is None else max(0.0, self._due - time.monotonic())

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError, KeyError):
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(PATIENCE)
                self._obey(connection)

    def _obey(self, connection: socket.socket) -> None:
        data, descriptors, _, _ = socket.recv_fds(connection, PACKET, 8)
        order = json.loads(data)
        given: Tuple[int, ...] = ()
        if order["order"] == "hold":
            self._hold(tuple(descriptors), order)
        elif order["order"] == "give":
            given = self._held
        elif order["order"] == "end":
            self._end(int(order["pid"]))
        socket.send_fds(connection, [json.dumps({"pid": os.getpid(), "count": len(given)}).encode()], list(given))

    def _end(self, keeper: int) -> None:
        """With the keeper that we started and that found another one in its place: it may still wait for the lock,
        and would get it now."""
        self._ending = True
        if self._child and self._child.pid != keeper and self._child.poll() is None:
            self._child.kill()

    def _hold(self, descriptors: Tuple[int, ...], order: Dict[str, Any]) -> None:
        """New descriptors replace the old ones; none means that there is nothing to hold."""
        for old in self._held:
            os.close(old)
        self._held = descriptors
        self._command = order["command"]
        self._watch(int(order["pid"]))

    def _watch(self, pid: int) -> None:
        self._unwatch()
        self._due, self._born = None, time.monotonic()
        try:
            self._pidfd = os.pidfd_open(pid)
        except ProcessLookupError:
            self._plan()
            return
        self._selector.register(self._pidfd, selectors.EVENT_READ, self._keeper_died)

    def _unwatch(self) -> None:
        if self._pidfd >= 0:
            self._selector.unregister(self._pidfd)
            os.close(self._pidfd)
            self._pidfd = -1

    def _keeper_died(self) -> None:
        self._unwatch()
        if self._child:
            self._child.poll()
        if time.monotonic() - self._born > STEADY:
            self._failures = 0
        self._plan()

    def _plan(self) -> None:
        self._failures += 1
        self._due = time.monotonic() + (delay(self._failures) if self._failures > 1 else 0.0)

    def _start_keeper(self) -> None:
        """It reports itself by `hold`; until then we watch what we started."""
        self._life.say("the keeper died; the holder starts it again (%d)" % self._failures)
        try:
            self._child = subprocess.Popen(
                self._command, env=program.environment(), start_new_session=True, close_fds=True
            )
        except OSError as error:
            self._life.say("the keeper can't be started: %s" % error)
            self._due = time.monotonic() + LONGEST_DELAY
            return
        self._watch(self._child.pid)


def main(home: Home, descriptor: int, order: str, held: List[int]) -> int:
    """Runs until it is told to end, from what `begin` has given."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Holder(home).run(socket.socket(fileno=descriptor), json.loads(order), tuple(held))
    return 0
