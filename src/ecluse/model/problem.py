"""The only error that a user sees: where, what is wrong, how to fix it, a stable code."""

from __future__ import annotations

from enum import IntEnum

from ecluse.model.values import frozen


class Exit(IntEnum):
    """Exit codes of the command line; scripts rely on them."""

    DONE = 0
    REFUSED = 1
    """A gate said no; nothing changed."""
    USAGE = 2
    """Usage or manifest Problem."""
    ROLLED_BACK = 3
    """The old release serves."""
    BUSY = 4
    """Another deployer holds the environment, or superseded us."""
    UNREACHABLE = 5
    """The target can't be reached."""
    NEEDS_PERSON = 6
    INTERRUPTED = 130
    """Interrupted and undone."""


@frozen
class Place:
    """A position in a file; line and column count from 1."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return ":".join([self.file, *(str(part) for part in (self.line, self.column) if part)])


@frozen
class Problem:
    """What went wrong, told so that the reader can act.

    `code` is stable (`M012`); its letter names the family: M manifest, I init, N new projects, C code,
    E engine and steps, B build, R release, D deploy, K keeper and target, L ledger, S system, T tickets.
    `state` says how things are now (what serves, what was undone); `fix` is what to type or change next.
    """

    code: str
    what: str
    fix: str
    where: Place | None = None
    evidence: tuple[str, ...] = ()
    state: str = ""
    exit: Exit = Exit.USAGE

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.what} [{self.code}]"


class ProblemError(Exception):
    """Carries every Problem found, not just the first."""

    def __init__(self, *problems: Problem) -> None:
        if not problems:
            raise ValueError("a ProblemError carries at least one Problem")
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems

    @property
    def exit(self) -> Exit:
        return self.problems[0].exit
