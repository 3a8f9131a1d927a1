"""Programs that belong to us, run below the step supervisor."""

from __future__ import annotations

import asyncio
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from ecluse.model.problem import Problem, ProblemError
from ecluse.ports.commands import Command, Finished
from ecluse.system.assignment import Assignment, WardenLostError
from ecluse.system.channel import Channel
from ecluse.system.supervision import Layer, Supervision


class SupervisedRunner:
    """Fills ports.commands.CommandRunner with one supervisor, started when the first program is.

    May be used from several event loops, in several threads at once. `close` it, or let it go: both end what runs.
    """

    def __init__(self, *layers: Layer, notes: Path | None = None) -> None:
        """`layers`: those that may be used, best first; all of them by default. `notes`: where it is noted what runs;
        what a run there has left that was killed is ended before the first program is started."""
        self._supervision = Supervision(*layers, notes=notes)
        # The supervisor ends with the thread that started it (PR_SET_PDEATHSIG), and loops come and go.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="supervision")
        self._idle: list[Channel] = []
        self._close = weakref.finalize(self, _close, self._supervision, self._thread, self._idle)

    @property
    def layer(self) -> Layer:
        """What ends the descendants of a program; `doctor` shows it. Starts the supervisor."""
        return self._thread.submit(lambda: self._supervision.layer).result()

    def begin(self) -> None:
        """Have the supervisor and a warden started meanwhile, for the first program. What is in the way is told to
        whoever runs one."""
        self._thread.submit(self._hire)

    async def run(self, command: Command) -> Finished:
        while True:
            channel = await self._warden()
            assignment = Assignment(command, channel)
            try:
                return await assignment.run()
            except WardenLostError as lost:
                if lost.begun:
                    raise ProblemError(_supervision_ended()) from lost
            finally:
                if assignment.is_over:
                    self._idle.append(channel)
                else:
                    channel.close()

    def close(self) -> None:
        """End everything that runs; returns when it is gone."""
        self._close()

    async def _warden(self) -> Channel:
        while not (found := self._take_idle()):
            await asyncio.wrap_future(self._thread.submit(self._hire))
        return found

    def _take_idle(self) -> Channel | None:
        for channel in filter(lambda one: one.is_ours, tuple(self._idle)):
            with suppress(ValueError):  # another thread was quicker
                self._idle.remove(channel)
                return channel
        return None

    def _hire(self) -> None:
        self._idle.append(Channel(self._supervision.hire()))


def _supervision_ended() -> Problem:
    return Problem(
        code="S003",
        what="the process that supervises the program was killed, and everything that it had started with it",
        fix="see that the command doesn't kill processes that aren't its own; then run this again",
    )


def _close(supervision: Supervision, thread: ThreadPoolExecutor, idle: list[Channel]) -> None:
    supervision.close()
    thread.shutdown(cancel_futures=True)
    supervision.close()  # one that was just being started
    for channel in idle:
        channel.close()
