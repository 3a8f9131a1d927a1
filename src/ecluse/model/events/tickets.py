"""What is to be told on tickets, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from ecluse.model.events.event import Event
from ecluse.model.values import frozen


@frozen
class TicketsNamed(Event):
    """What is to be told on tickets once it has come about: `happening` is `release`, `deploy` or `rollback`."""

    release: str
    version: str
    happening: str
    tickets: Mapping[str, str] = field(default_factory=dict)
    """By key the commits that name it, shortened."""
    awaits: str = ""
    """The deployment that has to be committed, or the intent of the release that has to be published, before it is so.
    """
    tag: str = ""
    serving: str = ""
    """The version that serves instead of one that is taken back."""


@frozen
class TicketTold(Event):
    """A ticket says it: `told` by us, `said` before by somebody, `overtaken` by something later, or `refused` for
    good. `notice` is the number of the event that named it."""

    notice: int
    version: str
    happening: str
    ticket: str
    outcome: str
    comment: str = ""
    moved: str = ""
    why: str = ""


@frozen
class TicketPutOff(Event):
    """Telling this one failed: the others come first from now on."""

    notice: int
    ticket: str
    code: str
    why: str


@frozen
class TrackerFailed(Event):
    """What is to be told waits: the tracker could not be asked. `patience`: the seconds it wants to be left alone."""

    code: str
    why: str
    patience: float = 0.0
