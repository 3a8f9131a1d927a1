"""What the manifest says of the tracker and its tickets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import timedelta
from enum import StrEnum

from ecluse.model.values import frozen


class TrackerKind(StrEnum):
    JIRA = "jira"
    TRELLO = "trello"
    GITHUB = "github"
    GITLAB = "gitlab"


class Happening(StrEnum):
    """What is told on a ticket."""

    RELEASED = "release"
    DEPLOYED = "deploy"
    TAKEN_BACK = "rollback"


@frozen
class Tickets:
    """Where the tickets are, how their keys look, and what happens to them. `token` is the name of a secret, never
    its value."""

    tracker: TrackerKind
    url: str = ""
    """Of the API; empty: the vendor's own."""
    project: str = ""
    """Jira's project key; the forges' `owner/name`."""
    prefixes: tuple[str, ...] = ()
    """Further project keys of Jira whose tickets count."""
    board: str = ""
    pattern: str = ""
    """A regular expression for keys in messages and branches instead of the tracker's own form."""
    token: str = "TICKETS_TOKEN"  # noqa: S105  a name
    account: str = ""
    """Who the token belongs to, where a tracker asks for that: Jira's e-mail address, Trello's API key."""
    comment: bool = True
    link: str = ""
    on_release: str = ""
    on_deploy: Mapping[str, str] = field(default_factory=dict)
    on_rollback: Mapping[str, str] = field(default_factory=dict)
    budget: timedelta = timedelta(seconds=5)
    """How long a command waits for the tracker when its own work is done."""
    most: int = 100
    """More tickets than this are not told at once."""

    def move(self, happening: Happening, environment: str) -> str:
        """The state that a ticket goes to then; empty: it stays where it is."""
        if happening is Happening.RELEASED:
            return self.on_release
        return (self.on_deploy if happening is Happening.DEPLOYED else self.on_rollback).get(environment, "")
