"""The two places in which a release runs, and how traffic is shared between them."""

from __future__ import annotations

from enum import StrEnum

from ecluse.model.values import frozen


class Slot(StrEnum):
    BLUE = "blue"
    GREEN = "green"

    @property
    def other(self) -> Slot:
        return Slot.GREEN if self is Slot.BLUE else Slot.BLUE


@frozen
class Weights:
    """Percent of new connections for each slot; they sum to 100."""

    blue: int
    green: int

    def __post_init__(self) -> None:
        if self.blue + self.green != 100 or min(self.blue, self.green) < 0:  # noqa: PLR2004
            raise ValueError(f"weights are percentages that sum to 100, not {self.blue} and {self.green}")

    @classmethod
    def all_to(cls, slot: Slot) -> Weights:
        return cls(blue=100, green=0) if slot is Slot.BLUE else cls(blue=0, green=100)

    def of(self, slot: Slot) -> int:
        return self.blue if slot is Slot.BLUE else self.green
