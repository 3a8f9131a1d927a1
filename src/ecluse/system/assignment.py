"""One program under one warden, as the runner sees it, in a thread that may block."""

from __future__ import annotations

import errno
import os
import select
import shlex
import signal
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

from ecluse.model.problem import Problem, ProblemError
from ecluse.ports.commands import Command, Finished
from ecluse.system import frames
from ecluse.system.files import disk_problems
from ecluse.system.output import Output

if TYPE_CHECKING:
    import socket

GRACE = 2.0
"""Seconds between SIGTERM and SIGKILL for a program that is stopped."""
_PIECE = 64 * 1024
_NEVER_BEGAN = {"status": int(signal.SIGTERM), "timed_out": False, "left": 0}
_LAST_WORDS = 1.0
"""Seconds that we wait for the end of output when somebody outside still holds the other end."""


class WardenLostError(Exception):
    """The warden is gone. `begun`: it had taken the program, which is gone too."""

    def __init__(self, *, begun: bool) -> None:
        super().__init__("the warden is gone")
        self.begun = begun


class Assignment:
    """Runs `command` once. `end` may be called from any thread, before, while and after it runs."""

    def __init__(self, command: Command) -> None:
        self._command = command
        self._lock = threading.Lock()
        self._channel: socket.socket | None = None
        self._ending = False

    def run(self, channel: socket.socket) -> Finished:
        """Blocks until the program and everything that it started is gone; `channel` may then be used again.

        WardenLostError: it may not. A program that can't be started, a log that can't be written: ProblemError.
        """
        began = time.monotonic()
        command = self._command
        output = Output(command.log, command.on_output, command.secrets)
        try:
            reply = self._run(channel, output)
        finally:
            text = output.close()
        if "errno" in reply:
            raise ProblemError(_not_started(command, reply["errno"]))
        return _finished(reply, text, time.monotonic() - began)

    def end(self) -> None:
        """Stop the program that runs, or that is about to: SIGTERM, and SIGKILL after a grace."""
        with self._lock:
            if self._channel and not self._ending:
                with suppress(OSError):  # a warden that is gone has ended it already
                    frames.send(self._channel, {"end": True})
            self._ending = True

    def _run(self, channel: socket.socket, output: Output) -> dict[str, Any]:
        with ExitStack() as ours, ExitStack() as given:
            read, write = os.pipe()
            ours.callback(os.close, read)
            given.callback(os.close, write)
            command = self._command
            descriptors = [write]
            wiring: list[int | None] = [None, 0, 0]
            if command.stdin:
                wiring[0] = len(descriptors)
                descriptors.append(_memory(command.stdin, given))
            if command.stdout:
                wiring[1] = len(descriptors)
                with disk_problems(command.stdout):
                    descriptors.append(given.enter_context(command.stdout.open("wb")).fileno())
            with self._lock:
                if self._ending:
                    return _NEVER_BEGAN
                _tell(channel, {"run": _request(command, wiring)}, descriptors)
                self._channel = channel
            given.close()
            try:
                return _pump(channel, read, output)
            except WardenLostError:
                raise
            except BaseException:  # nobody takes the output any more: the program has to go
                self.end()
                _reply(channel)
                raise
            finally:
                with self._lock:
                    self._channel = None


def _pump(channel: socket.socket, read: int, output: Output) -> dict[str, Any]:
    """Pass output on until the warden says that the program is over, and then what is left in the pipe."""
    poll = select.poll()
    poll.register(read, select.POLLIN)
    poll.register(channel, select.POLLIN)
    while True:
        ready = {descriptor for descriptor, _ in poll.poll()}
        if read in ready:
            piece = os.read(read, _PIECE)
            output.write(piece)
            if not piece:
                poll.unregister(read)
                return _reply(channel)
        elif channel.fileno() in ready:
            reply = _reply(channel)
            _drain(read, output)
            return reply


def _tell(channel: socket.socket, message: Any, descriptors: Sequence[int] = ()) -> None:
    try:
        frames.send(channel, message, descriptors)
    except OSError as error:
        raise WardenLostError(begun=False) from error


def _reply(channel: socket.socket) -> dict[str, Any]:
    try:
        reply: dict[str, Any] = frames.receive(channel)[0]
    except (EOFError, OSError) as error:
        raise WardenLostError(begun=True) from error
    return reply


def _drain(read: int, output: Output) -> None:
    poll = select.poll()
    poll.register(read, select.POLLIN)
    deadline = time.monotonic() + _LAST_WORDS
    while (patience := deadline - time.monotonic()) > 0 and poll.poll(patience * 1000):
        piece = os.read(read, _PIECE)
        if not piece:
            return
        output.write(piece)


def _request(command: Command, wiring: Sequence[int | None]) -> dict[str, Any]:
    return {
        "wiring": wiring,
        "argv": command.argv,
        "env": dict(command.env),
        "folder": str(command.folder),
        "veiled": str(command.veiled.absolute()) if command.veiled else "",
        "shown": [str(path.absolute()) for path in command.shown],
        "timeout": None if command.timeout is None else command.timeout.total_seconds(),
        "grace": GRACE,
    }


def _memory(data: bytes, given: ExitStack) -> int:
    """A file in memory, to be read from its beginning."""
    memory = os.memfd_create("stdin")
    given.callback(os.close, memory)
    with os.fdopen(os.dup(memory), "wb") as file:
        file.write(data)
    os.lseek(memory, 0, os.SEEK_SET)
    return memory


def _not_started(command: Command, number: int) -> Problem:
    name = command.argv[0]
    if not command.folder.is_dir():
        what, fix = f"the folder {command.folder} isn't there", "correct the step's folder"
    elif number == errno.ENOENT:
        what, fix = f"the program {name!r} isn't there", f"install {name}, or correct the command"
    else:
        what, fix = f"the program {name!r} can't be started: {os.strerror(number)}", "correct the command"
    return Problem(code="S001", what=what, fix=fix, evidence=(shlex.join(command.argv),))


def _finished(reply: dict[str, Any], output: str, seconds: float) -> Finished:
    code = os.waitstatus_to_exitcode(reply["status"])
    return Finished(
        exit_code=code if code >= 0 else None,
        signal=-code if code < 0 else None,
        output=output,
        seconds=seconds,
        timed_out=reply["timed_out"],
        left_behind=reply["left"],
    )
