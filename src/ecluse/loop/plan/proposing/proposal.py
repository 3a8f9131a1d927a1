"""What `init` proposes: an App, and for each line of it where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from ecluse.manifest.detect.facts import Fact
from ecluse.model.app import App
from ecluse.model.ids import StepName
from ecluse.model.values import frozen


@frozen
class Trial:
    """One thing that was tried, and what came of it."""

    what: str
    ok: bool
    answer: str
    seconds: float = 0.0
    about: str = ""
    """The key of the manifest, or the table, that it speaks for; empty: none by itself."""


@frozen
class Proposal:
    """`reasons` are keyed by the manifest's keys (`processes.web.app`); `unknown` says what could not be known and
    how to say it; `others` are entry points that were found and not chosen."""

    app: App
    reasons: Mapping[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    others: tuple[Fact, ...] = ()
    beside: tuple[Fact, ...] = ()
    """What starts in folders that the app has no part in."""
    also: Mapping[str, tuple[Fact, ...]] = field(default_factory=dict)
    """Of each key that has one value, what else was found for it."""
    trials: tuple[Trial, ...] = ()
    """Empty: nothing was tried."""
    known: Mapping[StepName, Mapping[str, str]] = field(default_factory=dict)
    """Of each step whose suite fails in part, the tests that fail, and why."""
    made_up: tuple[str, ...] = ()
    """Variables of the local environment whose values nobody gave."""
    withdrawn: Mapping[str, str] = field(default_factory=dict)
    """Those that were left unset again, for none of the values was taken, with the last of them."""
