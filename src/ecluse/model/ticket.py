"""Tickets of a tracker, and what is said on them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum

from ecluse.model.tracker import Happening
from ecluse.model.values import frozen


@frozen
class Ticket:
    """Where a ticket stands, as the tracker says. `is_request`: it is a request to merge, which the forge counts among
    its issues."""

    key: str
    title: str
    status: str
    is_done: bool = False
    url: str = ""
    is_request: bool = False


@frozen
class Marker:
    """What one of our comments says, for us: hidden in it, looked for before another is made.

    The version names the release: a tag never gets another content, and a second ledger knows the version too.
    """

    app: str
    version: str
    happening: Happening
    environment: str = ""
    at: datetime

    @property
    def says(self) -> tuple[str, str, str, str]:
        """Two markers that say the same are one."""
        return (self.app, self.version, self.happening, self.environment)

    @property
    def about(self) -> tuple[str, str]:
        """What it is about: of two markers about the same, the later one holds. Releases are each for themselves."""
        return (self.app, f"/{self.version}" if self.happening is Happening.RELEASED else self.environment)

    def __str__(self) -> str:
        words = {
            "app": self.app, "release": self.version, "event": self.happening, "environment": self.environment,
            "at": self.at.astimezone(UTC).isoformat(timespec="seconds"),
        }  # fmt: skip
        return " ".join(["ecluse:1", *(f"{name}={value}" for name, value in words.items() if value)])


_MARKER = re.compile(r"\becluse:1((?: [a-z]+=[^\s=()<>\"]+)+)")


def marker_in(text: str) -> Marker | None:
    """The marker that stands somewhere in a comment; None where there is none, or one that we can't read."""
    found = _MARKER.search(text)
    if found is None:
        return None
    words = dict(word.split("=", 1) for word in found[1].split())
    try:
        at = datetime.fromisoformat(words["at"])
        marker = Marker(
            app=words["app"], version=words["release"], happening=Happening(words["event"]),
            environment=words.get("environment", ""), at=at,
        )  # fmt: skip
    except (KeyError, ValueError):
        return None
    return marker if at.tzinfo else None


class Standing(StrEnum):
    """How what is to be told stands with what a ticket says already."""

    NEW = "new"
    SAID = "said"
    OVERTAKEN = "overtaken"
    """Something later was said of the same: to say it now would be wrong."""


def standing(wanted: Marker, there: Sequence[Marker], *, is_late: bool) -> Standing:
    """`there` in the order in which the tracker got them, so that clocks of several machines don't matter; they do for
    what waited long (`is_late`), which something later may have overtaken.

    A release that was taken back and deployed again is said again, because what was said last is no longer so.
    """
    same = [marker for marker in there if marker.about == wanted.about]
    if wanted in same or (same and same[-1].says == wanted.says):
        return Standing.SAID
    return Standing.OVERTAKEN if is_late and same and same[-1].at > wanted.at else Standing.NEW


def has_gone_on(wanted: Marker, there: Sequence[Marker]) -> bool:
    """Whether something later was told of the app: a ticket that went where that took it must not be brought back."""
    return any(marker.app == wanted.app and marker.at > wanted.at for marker in there)


@frozen
class Said:
    """A comment to be made: paragraphs, a link (its text and address; both may be empty), and the hidden marker."""

    paragraphs: tuple[str, ...]
    marker: Marker
    link: tuple[str, str] = ("", "")


@frozen
class Remark:
    """A comment of ours that is there. `order` grows with the time at which it was made."""

    id: str
    marker: Marker
    order: tuple[int, str]
