"""Programs that belong to us, run below the step supervisor."""

from __future__ import annotations

import asyncio
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from ecluse.model.problem import Problem, ProblemError
from ecluse.ports.commands import Command, Finished
from ecluse.system.assignment import Assignment, WardenLostError
from ecluse.system.supervision import Layer, Supervision

if TYPE_CHECKING:
    import socket

_MOST_AT_ONCE = 256


class SupervisedRunner:
    """Fills ports.commands.CommandRunner with one supervisor, started when the first program is.

    May be used from several event loops, one after the other. `close` it, or let it go: both end what runs.
    """

    def __init__(self, *layers: Layer) -> None:
        """`layers`: those that may be used, best first; all of them by default."""
        self._supervision = Supervision(*layers)
        self._threads = ThreadPoolExecutor(_MOST_AT_ONCE, thread_name_prefix="step")
        self._idle: list[socket.socket] = []
        self._close = weakref.finalize(self, _close, self._supervision, self._threads, self._idle)

    @property
    def layer(self) -> Layer:
        """What ends the descendants of a program; `doctor` shows it. Starts the supervisor."""
        # Asked in a thread of ours: the supervisor ends with the thread that started it (PR_SET_PDEATHSIG).
        return self._threads.submit(lambda: self._supervision.layer).result()

    async def run(self, command: Command) -> Finished:
        assignment = Assignment(command)
        work = asyncio.wrap_future(self._threads.submit(self._run, assignment))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            assignment.end()
            await _settled(work)
            raise

    def close(self) -> None:
        """End everything that runs; returns when it is gone."""
        self._close()

    def _run(self, assignment: Assignment) -> Finished:
        while True:
            channel = self._idle.pop() if self._idle else self._supervision.hire()
            try:
                finished = assignment.run(channel)
            except WardenLostError as lost:
                channel.close()
                if lost.begun:
                    raise ProblemError(_supervision_ended()) from lost
            except BaseException:
                self._idle.append(channel)
                raise
            else:
                self._idle.append(channel)
                return finished


async def _settled(work: asyncio.Future[Finished]) -> None:
    """Wait for the end of `work` whatever it is, and however often we are cancelled meanwhile."""
    while not work.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait([work])
    work.cancelled() or work.exception()


def _supervision_ended() -> Problem:
    return Problem(
        code="S003",
        what="the process that supervises the program was killed, and everything that it had started with it",
        fix="see that the command doesn't kill processes that aren't its own; then run this again",
    )


def _close(supervision: Supervision, threads: ThreadPoolExecutor, idle: list[socket.socket]) -> None:
    supervision.close()
    threads.shutdown()
    for channel in idle:
        channel.close()
