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
        top = environ.get("TALLY_TOP", "10")
        if not top.isdecimal() or not int(top):
            raise ValueError(f"TALLY_TOP is a number above 0, not {top!r}")
        return cls(top=int(top))
