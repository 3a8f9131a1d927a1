"""Where tickets are kept."""

from __future__ import annotations

from typing import Protocol

from ecluse.model.problem import Problem, ProblemError
from ecluse.model.ticket import Remark, Said, Ticket


class Tracker(Protocol):
    """One tracker, with one project or board. Reads may be repeated; so may `move`.

    Errors are ProblemError: it can't be reached (T001, exit 5), it doesn't know us (T003), we may not (T004), it has no
    such ticket (T005), it wants to be left alone for a while (T006, a RateLimitedError), the ticket can't go there from
    where it is (T007), its answer makes no sense (T008), it has no such project or board (T009), it refuses this one
    (T014). None of them holds the token.
    """

    async def look(self, key: str) -> Ticket:
        """Where it stands now."""

    async def remarks(self, key: str) -> tuple[Remark, ...]:
        """Our comments on it, those of other machines too, oldest first: every page is read."""

    async def remark(self, key: str, said: Said) -> Remark:
        """Add a comment. Not safe to repeat: look at `remarks` first."""

    async def withdraw(self, key: str, remark: Remark) -> None:
        """Take back a comment of ours. It isn't there: nothing to do."""

    async def move(self, key: str, to: str) -> bool:
        """Bring it to a state, by the name that people know. False: it is there already, or isn't ours to move (a
        request to merge)."""

    async def close(self) -> None: ...


class RateLimitedError(ProblemError):
    """T006. `patience`: the seconds for which it wants to be left alone."""

    def __init__(self, problem: Problem, patience: float) -> None:
        super().__init__(problem)
        self.patience = patience
