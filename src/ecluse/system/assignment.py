"""One program under one warden, as the runner sees it."""

from __future__ import annotations

import asyncio
import errno
import os
import shlex
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from typing import Any

from ecluse.model.problem import Problem, ProblemError
from ecluse.ports.commands import Command, Finished
from ecluse.system.channel import Channel
from ecluse.system.files import disk_problems
from ecluse.system.output import Output
from ecluse.system.printed import Printed

GRACE = 2.0
"""Seconds between SIGTERM and SIGKILL for a program that is stopped."""


class WardenLostError(Exception):
    """The warden is gone. `begun`: it had taken the program, which is gone too."""

    def __init__(self, *, begun: bool) -> None:
        super().__init__("the warden is gone")
        self.begun = begun


class Assignment:
    """Runs `command` once, under the warden at the other end of `channel`."""

    def __init__(self, command: Command, channel: Channel) -> None:
        self._command = command
        self._channel = channel
        self._reply: dict[str, Any] | None = None
        self._heard: asyncio.Future[None] | None = None
        self._why: BaseException | None = None
        self.is_over = True
        """Nothing runs, and the warden waits for another program."""

    async def run(self) -> Finished:
        """Until the program and everything that it started is gone.

        The warden is gone: WardenLostError. A program that can't be started, a log that can't be written: ProblemError.
        Cancelled: the program is ended (SIGTERM, and SIGKILL after a grace), then CancelledError goes on.
        """
        began = time.monotonic()
        output = Output(self._command.log, self._command.on_output, self._command.secrets)
        try:
            reply = await self._run(output)
        finally:
            text = output.close()
        if "errno" in reply:
            raise ProblemError(_not_started(self._command, reply["errno"]))
        return _finished(reply, text, time.monotonic() - began)

    async def _run(self, output: Output) -> dict[str, Any]:
        printed = Printed(self._start(), output, self._end)
        self._channel.listen(self._hear)
        try:
            reply = await self._replied()
            self._channel.rest()
            await printed.to_the_end()
        finally:
            printed.close()
        if self._why:
            raise self._why
        return reply

    def _start(self) -> int:
        """Hand the program to the warden; where its output is read."""
        command = self._command
        with ExitStack() as given:
            read, write = os.pipe()
            unread = given.enter_context(ExitStack())
            unread.callback(os.close, read)
            given.callback(os.close, write)
            descriptors = [write]
            wiring: list[int | None] = [None, 0, 0]
            if command.stdin:
                wiring[0] = len(descriptors)
                descriptors.append(_memory(command.stdin, given))
            if command.stdout:
                wiring[1] = len(descriptors)
                with disk_problems(command.stdout):
                    descriptors.append(given.enter_context(command.stdout.open("wb")).fileno())
            self.is_over = False
            try:
                self._channel.send({"run": _request(command, wiring)}, descriptors)
            except OSError as error:
                raise WardenLostError(begun=False) from error
            unread.pop_all()
        return read

    async def _replied(self) -> dict[str, Any]:
        """Waits for the warden's answer, however often we are cancelled meanwhile."""
        while self._reply is None:
            self._heard = asyncio.get_running_loop().create_future()
            try:
                await self._heard
            except asyncio.CancelledError as cancelled:
                self._end(cancelled)
        return self._reply

    def _end(self, why: BaseException) -> None:
        """The program has to go."""
        if self._why is None and self._reply is None:
            with suppress(OSError):  # a warden that is gone has ended it already
                self._channel.send({"end": True})
        self._why = self._why or why

    def _hear(self) -> None:
        if self._reply is not None:
            return
        try:
            self._reply = self._channel.receive()
            self.is_over = True
        except (EOFError, OSError):
            self._reply = {}
            self._why = self._why or WardenLostError(begun=True)
        if self._heard and not self._heard.done():  # else we were just cancelled
            self._heard.set_result(None)


def _request(command: Command, wiring: Sequence[int | None]) -> dict[str, Any]:
    return {
        "wiring": wiring,
        "argv": command.argv,
        "env": dict(command.env),
        "folder": str(command.folder),
        "veiled": str(command.veiled.absolute()) if command.veiled else "",
        "shown": [str(path.absolute()) for path in command.shown],
        "writable": [str(path.absolute()) for path in command.writable],
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
