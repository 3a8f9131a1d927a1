"""What all events are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from ecluse.model.values import frozen, shallow


@frozen
class Event:
    """One fact. `environment` is empty for what belongs to the app alone."""

    environment: str = ""

    def to_json(self) -> dict[str, Any]:
        return shallow(self)


@frozen
class Unknown(Event):
    """An event written by a newer version; carried, not understood."""

    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)
