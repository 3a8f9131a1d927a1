"""The actions that we call, by commit: a tag can be moved to other code, a commit can't."""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from pathlib import Path

from ecluse.loop.ci.yaml import Noted
from ecluse.model.values import frozen

ENOUGH = 2
"""Sources that agree."""


@frozen
class Pin:
    """`sources` say independently of each other that `version` is `commit`; `date` is when they were looked up."""

    name: str
    version: str
    commit: str
    date: date
    sources: tuple[str, ...]

    def uses(self, part: str = "") -> Noted:
        """The value of a `uses` key; `part` is a folder of the action's repository."""
        return Noted(f"{self.name}{part}@{self.commit}", self.version)


@cache
def pins() -> dict[str, Pin]:
    """By short name. One without enough sources isn't there."""
    rows = tomllib.loads((Path(__file__).parent / "pins.toml").read_text(encoding="utf-8"))
    found = {key: Pin(**{**row, "sources": tuple(row["sources"])}) for key, row in rows.items()}
    return {key: pin for key, pin in found.items() if len(set(pin.sources)) >= ENOUGH}
