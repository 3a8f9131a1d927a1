"""A tracker in memory: the contract of ports.tracker, without HTTP."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.ticket import Remark, Said, Ticket


@dataclass(slots=True)
class Board:
    """What several machines share: `comments` are those of each ticket with the text that people see, `moves` what was
    moved where."""

    tickets: dict[str, Ticket]
    states: tuple[str, ...] = ("To Do", "In Progress", "Done")
    comments: dict[str, list[tuple[Remark, str]]] = field(default_factory=dict)
    moves: list[tuple[str, str]] = field(default_factory=list)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def texts(self, key: str) -> list[str]:
        return [text for _, text in self.comments.get(key, [])]


class MemoryTracker:
    """`fail` is what the next calls raise; `calls` are those that were made."""

    def __init__(self, tickets: Mapping[str, Ticket] | None = None, board: Board | None = None) -> None:
        self.board = board or Board(dict(tickets or {}))
        self.calls: list[str] = []
        self._failures: list[BaseException] = []
        self.is_closed = False

    def fail(self, error: BaseException, times: int = 1) -> None:
        self._failures.extend([error] * times)

    async def look(self, key: str) -> Ticket:
        return self._known("look", key)

    async def remarks(self, key: str) -> tuple[Remark, ...]:
        self._known("remarks", key)
        return tuple(remark for remark, _ in self.board.comments.get(key, ()))

    async def remark(self, key: str, said: Said) -> Remark:
        self._known("remark", key)
        number = next(self.board.numbers)
        made = Remark(id=str(number), marker=said.marker, order=(number, ""))
        link = [f"{said.link[0]}: {said.link[1]}"] if said.link[1] else []
        self.board.comments.setdefault(key, []).append((made, "\n".join([*said.paragraphs, *link])))
        return made

    async def withdraw(self, key: str, remark: Remark) -> None:
        self._known("withdraw", key)
        self.board.comments[key] = [one for one in self.board.comments.get(key, []) if one[0].id != remark.id]

    async def move(self, key: str, to: str) -> bool:
        ticket = self._known("move", key)
        if ticket.is_request or ticket.status.casefold() == to.casefold():
            return False
        named = next((state for state in self.board.states if state.casefold() == to.casefold()), None)
        if named is None:
            raise ProblemError(
                Problem(
                    code="T007", what=f"{key} can't go to '{to}' from where it is", fix="name a state that is there",
                    exit=Exit.REFUSED,
                )
            )  # fmt: skip
        self.board.tickets[key] = replace(ticket, status=named, is_done=named == self.board.states[-1])
        self.board.moves.append((key, named))
        return True

    async def close(self) -> None:
        self.is_closed = True

    def _known(self, call: str, key: str) -> Ticket:
        self.calls.append(f"{call} {key}")
        if self._failures:
            raise self._failures.pop(0)
        if key not in self.board.tickets:
            raise ProblemError(
                Problem(
                    code="T005", what=f"there is no ticket {key} that we may see", state="it is told nothing",
                    fix="a mistyped key does no harm", exit=Exit.REFUSED,
                )
            )  # fmt: skip
        return self.board.tickets[key]
