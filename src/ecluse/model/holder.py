"""Who is at work."""

from __future__ import annotations

from ecluse.model.values import frozen


@frozen
class Holder:
    """Who changes an environment."""

    id: str
    host: str
    pid: int
    user: str
    command: str
