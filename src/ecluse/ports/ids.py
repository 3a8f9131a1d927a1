"""Fresh names, as an argument."""

from __future__ import annotations

from typing import Protocol


class Ids(Protocol):
    def new(self, prefix: str) -> str:
        """`prefix-` and a part that sorts by time and is not used twice."""
