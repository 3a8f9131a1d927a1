"""What can differ between places. All of it comes from the environment; .env.example lists it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    top: int
    """Words that are listed, where nobody says how many."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Config":
        """ValueError, with the variable's name, for a value that can't be one."""
        try:
            return cls(top=number(environ.get("TALLY_TOP", "10")))
        except ValueError as error:
            raise ValueError(f"TALLY_TOP: {error}") from None


def number(text: str) -> int:
    """ValueError for what isn't above 0."""
    if not text.isdecimal() or not int(text):
        raise ValueError(f"{text!r} is no number above 0")
    return int(text)
