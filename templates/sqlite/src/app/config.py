"""What can differ between places. All of it comes from the environment; .env.example lists it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    database: Path
    page: int
    """Notes that are listed at once."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Config":
        """ValueError, with the variable's name, for a value that can't be one."""
        page = environ.get("PAGE", "20")
        if not page.isdecimal() or not int(page):
            raise ValueError(f"PAGE is a number above 0, not {page!r}")
        return cls(database=ROOT / environ.get("DATABASE", "data/notes.db"), page=int(page))
