"""A tracker whose answers may have any shape: what lacks a field is a Problem, not a crash."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from ecluse.model.ticket import Remark, Said, Ticket
from ecluse.ports.tracker import Tracker
from ecluse.providers.tracking import problems

T = TypeVar("T")


class Understood:
    """Fills ports.tracker.Tracker by asking `tracker`."""

    def __init__(self, tracker: Tracker, name: str) -> None:
        self._tracker, self._name = tracker, name

    async def look(self, key: str) -> Ticket:
        found = await self._sense(self._tracker.look(key), f"about {key}")
        if not all(isinstance(text, str) for text in (found.title, found.status, found.url)):
            raise problems.senseless(self._name, f"about {key}", "a title or a state that is no text")
        return found

    async def remarks(self, key: str) -> tuple[Remark, ...]:
        return await self._sense(self._tracker.remarks(key), f"about the comments of {key}")

    async def remark(self, key: str, said: Said) -> Remark:
        return await self._sense(self._tracker.remark(key, said), f"to a comment on {key}")

    async def withdraw(self, key: str, remark: Remark) -> None:
        await self._sense(self._tracker.withdraw(key, remark), f"about the comments of {key}")

    async def move(self, key: str, to: str) -> bool:
        return await self._sense(self._tracker.move(key, to), f"about {key}")

    async def close(self) -> None:
        await self._tracker.close()

    async def _sense(self, asked: Awaitable[T], what: str) -> T:
        try:
            return await asked
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise problems.senseless(self._name, what, f"{type(error).__name__}: {error}"[:200]) from error
