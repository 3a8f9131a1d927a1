"""Names for tests: the same in each run."""

from __future__ import annotations

import itertools


class CountingIds:
    """Fills ports.ids.Ids: `d-0001`, `run-0002`, …"""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def new(self, prefix: str) -> str:
        return f"{prefix}-{next(self._numbers):04}"
