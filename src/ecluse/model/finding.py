"""What security scanners found, what they could not look at, and what somebody answers for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from ecluse.model.security import Scanner, Severity
from ecluse.model.values import frozen

_DIGITS = 16
"""Of a fingerprint: 64 bits."""
_GROUP = 4
"""In groups: in one piece it looks like a secret to who looks for those, and it stands in a file of the commit."""


@frozen
class Finding:
    """`anchor` is what makes it this one wherever the lines move: the line's text, a package, the hash of a secret. It
    is never shown. `place` is a path of the commit, or the name of a package."""

    scanner: Scanner
    rule: str
    severity: Severity
    message: str
    place: str
    line: int = 0
    """From 1; 0 for what has none."""
    url: str = ""
    anchor: str = ""
    number: int = 0
    """Of those that are alike in all this."""
    commit: str = ""
    """Where it is in an old commit, and the newest one has it no longer."""

    @property
    def fingerprint(self) -> str:
        return _fingerprint(self.scanner, self.rule, self.place, self.anchor, str(self.number))

    @property
    def where(self) -> str:
        place = f"{self.place}:{self.line}" if self.line else self.place
        return f"{place} at {self.commit[:12]}" if self.commit else place


@frozen
class Unchecked:
    """What a scanner could not look at: all (`place` is empty), a file, or a package. Never a pass."""

    scanner: Scanner
    why: str
    place: str = ""

    @property
    def fingerprint(self) -> str:
        return _fingerprint(self.scanner, "not checked", self.place)

    @property
    def where(self) -> str:
        return self.place or "all of it"


@frozen
class Scan:
    """What one scanner brought back. `looked` is at how many files, packages or blobs."""

    scanner: Scanner
    findings: tuple[Finding, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()
    looked: int = 0
    tool: str = ""
    """The program that looked, or the source that was asked."""
    notes: tuple[str, ...] = ()
    seconds: float = 0.0


@frozen
class Accepted:
    """An entry of the baseline: a finding, or something not checked, that somebody answers for until a day."""

    fingerprint: str
    reason: str
    who: str
    until: date
    """The last day on which it counts, in UTC."""
    scanner: str = ""
    what: str = ""
    """For people: the rule and the place."""


def legible(text: str) -> str:
    """In one line and for any terminal: a file's name may hold what commands a terminal, or the runner of a CI."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def numbered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those that are alike get a number each, so that one more of a kind that was accepted is a new one."""
    seen: dict[str, int] = {}
    told = []
    for finding in findings:
        count = seen.get(finding.fingerprint, 0)
        seen[finding.fingerprint] = count + 1
        told.append(replace(finding, number=count))
    return tuple(told)


def _fingerprint(*parts: str) -> str:
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    digits = hashlib.sha256(text).hexdigest()[:_DIGITS]
    return "-".join(digits[at : at + _GROUP] for at in range(0, _DIGITS, _GROUP))
