"""When, and by whose leave, a release may come into an environment."""

from __future__ import annotations

from datetime import timedelta

from ecluse.model.values import frozen


@frozen
class Policy:
    """What is asked before anything moves. What isn't declared isn't asked; a rollback is never asked anything."""

    freeze: tuple[str, ...] = ()
    """Times in which nothing is deployed, as `model.window.window` reads them."""
    holidays: tuple[str, ...] = ()
    """Days (`2026-12-25`) on which nothing is deployed, in `timezone`."""
    timezone: str = ""
    approvals: int = 0
    """How many people must have approved the release, the one who deploys it not among them."""
    approvers: tuple[str, ...] = ()
    """Who may: a whole identity (`bob@example.org`), or the name before its `@`. Empty: anybody."""
    approval_expires: timedelta = timedelta(hours=24)
    staging: str = ""
    """The environment in which the same bundle must have passed."""
    max_backup_age: timedelta | None = None
    last_backup: tuple[str, ...] = ()
    """A command that prints when the last backup was made (RFC 3339)."""
    availability: float | None = None
    """Percent of requests that must not end in a status of 500 or more."""
