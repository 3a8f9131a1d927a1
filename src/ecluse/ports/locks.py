"""What only one step of a machine may have at a time."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Protocol


class TakenError(Exception):
    """Somebody else has `lock`; `by` says who, empty where that isn't known."""

    def __init__(self, lock: str, by: str = "") -> None:
        super().__init__(f"{lock} is taken by {by or 'somebody'}")
        self.lock, self.by = lock, by


class MachineLocks(Protocol):
    """Locks by name, between all runs on this machine, whoever runs them and in whatever repository."""

    def take(self, names: Collection[str], told: str) -> Callable[[], None]:
        """Take all of them; returns what gives them back. They are given back too when this process dies.

        `told` is what others are told of who has them. One that isn't free: TakenError, and none is taken. A place for
        them that can't be used: ProblemError E061.
        """
