"""What can differ between places. All of it comes from the environment; .env.example lists it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    spool: Path
    """The folder whose `inbox` is looked into."""
    poll_seconds: float
    attempts: int
    """How often a job is tried before it is put aside, whether it raises or ends its worker."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Config":
        """ValueError, with the variable's name, for a value that can't be one."""
        return cls(
            spool=ROOT / environ.get("SPOOL", "spool"),
            poll_seconds=_positive("POLL_SECONDS", environ.get("POLL_SECONDS", "0.5")),
            attempts=_count("ATTEMPTS", environ.get("ATTEMPTS", "3")),
        )


def _count(name: str, text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise ValueError(f"{name} is a whole number above 0, not {text!r}")
    return int(text)


def _positive(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number < float("inf"):
        raise ValueError(f"{name} is a number above 0, not {text!r}")
    return number
