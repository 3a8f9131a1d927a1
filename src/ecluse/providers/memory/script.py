"""How releases behave on a memory target: what a test says in advance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field

from ecluse.model.values import frozen
from ecluse.ports.target import Answered, RanCommand

DONE = RanCommand(exit_code=0, output="", seconds=0.0)


@frozen
class Behaviour:
    """One release. `answers` are given one after the other, the last one for ever; empty: 200 with the version.

    `exits_after` seconds its processes end with `last_exit`; None: they run on. `log` is what they print.
    """

    answers: tuple[Answered, ...] = ()
    exits_after: float | None = None
    last_exit: str = "exit 1"
    log: tuple[str, ...] = ()
    only: str = ""
    """The one path that there is; others are 404. Empty: every path is there."""
    ran: RanCommand = DONE
    """What its one-off commands answer."""
    told: Mapping[str, list[RanCommand]] = field(default_factory=dict)
    """What those answer in which such a word stands, one after the other, the last one for ever."""

    def answer_to(self, argv: Sequence[str]) -> RanCommand:
        told = next((self.told[word] for word in argv if word in self.told), [self.ran])
        return told.pop(0) if len(told) > 1 else told[0]


HEALTHY = Behaviour()


def unhealthy(*, status: int = 500, log: tuple[str, ...] = ()) -> Behaviour:
    return Behaviour(answers=(Answered(status=status),), log=log)


def silent(why: str = "connection refused") -> Behaviour:
    """It never listens."""
    return Behaviour(answers=(Answered(status=0, why=why),))


def flapping(*statuses: int) -> Behaviour:
    return Behaviour(answers=tuple(Answered(status=status) for status in statuses))


def exiting(*, after: float = 0.0, last_exit: str = "exit 1", log: tuple[str, ...] = ()) -> Behaviour:
    return Behaviour(exits_after=after, last_exit=last_exit, log=log, answers=(Answered(status=0, why="no process"),))


def migrating_badly(*, exit_code: int = 1, output: str = "") -> Behaviour:
    return Behaviour(ran=RanCommand(exit_code=exit_code, output=output, seconds=0.1))
