"""Who is at work."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who changes an environment."""

    id: str
    host: str
    pid: int
    user: str
    command: str
