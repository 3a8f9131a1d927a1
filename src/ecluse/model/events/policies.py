"""What an environment's policies said, and people in spite of them."""

from __future__ import annotations

from ecluse.model.events.event import Event
from ecluse.model.values import frozen


@frozen
class PolicyAnswered(Event):
    """A policy of the environment was asked before a deployment. `release` is empty before there is one."""

    policy: str
    answer: str
    evidence: tuple[str, ...] = ()
    release: str = ""


@frozen
class ReleaseApproved(Event):
    """A person said that a release may come into the environment. `by` is who they said they are."""

    release: str
    version: str
    by: str


@frozen
class PolicyOverridden(Event):
    """The next deployment of the release goes on although these policies said no."""

    release: str
    version: str
    by: str
    why: str
    policies: tuple[str, ...]
