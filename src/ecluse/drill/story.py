"""What happened in a rehearsal, and whether it is what is promised."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ecluse.drill.customers import Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`at` is in seconds since the rehearsal began."""

    at: float
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What is promised, whether it was kept, and the figures by which that was judged."""

    what: str
    kept: bool
    seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """One scenario. `recovery` is in seconds; None when it never came to that. `impossible` says why it was not
    rehearsed here; `broke` what ended it before its end."""

    scenario: str
    seconds: float = 0.0
    timeline: tuple[Event, ...] = ()
    promises: tuple[Promise, ...] = ()
    recovery: float | None = None
    answered: int = 0
    lost: int = 0
    impossible: str = ""
    broke: str = ""

    @property
    def outcome(self) -> str:
        """`held`, `broken`, or `skipped`."""
        if self.impossible:
            return "skipped"
        return "held" if not self.broke and self.promises and all(one.kept for one in self.promises) else "broken"


@dataclass(kw_only=True)
class Story:
    """A rehearsal while it goes on. `tell` hears each event as it happens."""

    tell: Callable[[Event], None]
    timeline: list[Event] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    recovery: float | None = None
    answered: int = 0
    lost: int = 0
    began: float = field(default_factory=time.monotonic)

    @property
    def now(self) -> float:
        return time.monotonic() - self.began

    def note(self, what: str) -> float:
        """Returns when it was."""
        event = Event(at=round(self.now, 2), what=what)
        self.timeline.append(event)
        self.tell(event)
        return event.at

    def promise(self, what: str, *, kept: bool, seen: str) -> None:
        self.promises.append(Promise(what=what, kept=kept, seen=seen))

    def served(self, count: Count) -> None:
        """Customers left."""
        self.answered += count.answered
        self.lost += len(count.lost)
        if count.absent:
            self.note(f"the customers had left {count.absent:.0f} s before the end")

    def lost_none(self, count: Count) -> None:
        """The promise that most scenarios have in common."""
        self.served(count)
        first = f"; first {count.lost[0]}" if count.lost else ""
        seen = f"{len(count.lost)} of {count.answered + len(count.lost)} lost{first}"
        self.promise("no request is lost", kept=bool(count.answered) and not count.lost, seen=seen)

    def recovered(self, since: float) -> None:
        self.recovery = round(self.now - since, 2)
