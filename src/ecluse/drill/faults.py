"""Faults that happen exactly at a named boundary of a keeper's journal; see `ecluse.keeper.fault`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ecluse.drill.observer import happens
from ecluse.keeper.fault import POINTS


class Fault:
    """Sleeps until `arm`, then happens once, to the first keeper that gets there. `action`: `kill` or `stop`."""

    def __init__(self, point: str, action: str, folder: Path) -> None:
        """ValueError for a boundary that the journal hasn't got."""
        self.point, self.action = POINTS[POINTS.index(point)], action
        self._witness = folder / "reached"
        self._witness.touch()

    @property
    def variables(self) -> Mapping[str, str]:
        """For the environment of the keepers."""
        return {"ECLUSE_FAULT": f"{self.point}:{self.action}:{self._witness}"}

    def arm(self) -> None:
        self._witness.unlink()

    def comes(self, within: float = 60.0) -> bool:
        """Whether the boundary is reached in so many seconds."""
        return happens(self._witness.exists, within, every=0.005)


NONE: Mapping[str, str] = {}
