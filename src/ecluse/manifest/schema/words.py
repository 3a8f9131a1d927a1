"""What people are told: about a type, and about a value that is refused."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic_core import PydanticCustomError

SETTINGS = "table of text"
"""The words for a table whose names the user chooses."""


@dataclass(frozen=True, slots=True)
class Words:
    """What people are told about a type."""

    text: str


def refuse(code: str, what: str, fix: str) -> PydanticCustomError:
    """A refusal with a code of ours; `problems` turns it into a Problem."""
    return PydanticCustomError(code, "{what}", {"what": what, "fix": fix})
