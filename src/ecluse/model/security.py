"""What security scanners look for, what they found, and what they could not look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from ecluse.model.ids import StepName

if TYPE_CHECKING:
    from collections.abc import Iterable

SECURITY = StepName("security")
"""The gate's name among the steps."""
OUTPUTS = ("reports/security.sarif", "reports/security.json")
BASELINE = "security-baseline.toml"
_DIGITS = 16
"""Of a fingerprint: 64 bits."""
_GROUP = 4
"""In groups: in one piece it looks like a secret to who looks for those, and it stands in a file of the commit."""


class Severity(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        return list(Severity).index(self)

    @property
    def lowered(self) -> Severity:
        return list(Severity)[max(self.rank - 1, 0)]


class Scanner(StrEnum):
    """Named by what is looked at, not by the program that does it today."""

    CODE = "code"
    DEPENDENCIES = "dependencies"
    SECRETS = "secrets"
    LICENCES = "licences"
    DOCKERFILE = "dockerfile"
    WORKFLOWS = "workflows"
    TERRAFORM = "terraform"
    KUBERNETES = "kubernetes"


FAIL_AT: Mapping[Scanner, Severity] = MappingProxyType(
    {
        Scanner.CODE: Severity.MEDIUM,
        Scanner.DEPENDENCIES: Severity.LOW,
        Scanner.SECRETS: Severity.LOW,
        Scanner.LICENCES: Severity.LOW,
        Scanner.DOCKERFILE: Severity.HIGH,
        Scanner.WORKFLOWS: Severity.MEDIUM,
        Scanner.TERRAFORM: Severity.MEDIUM,
        Scanner.KUBERNETES: Severity.MEDIUM,
    }
)
"""The least severity that stops, where the manifest names none. A known vulnerability, a secret and a forbidden licence
always do; a Dockerfile's warnings are advice on style."""


class Source(StrEnum):
    """Who knows vulnerabilities: PyPI's JSON interface, OSV's, or a folder of files in OSV's format."""

    PYPI = "pypi"
    OSV = "osv"
    FOLDER = "folder"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityPolicy:
    """`scanners` None: each that finds something to look at. `at` is where the source is: the address of an index or
    service of one's own, or the folder."""

    scanners: tuple[Scanner, ...] | None = None
    fail_at: Mapping[Scanner, Severity] = field(default_factory=dict)
    exclude: tuple[str, ...] = ()
    """Globs of files that nothing looks at."""
    source: Source = Source.PYPI
    at: str = ""
    allow: tuple[str, ...] = ()
    """Licences by their SPDX names, `*` for any part; empty: all that `deny` doesn't name."""
    deny: tuple[str, ...] = ()
    licences: Mapping[str, str] = field(default_factory=dict)
    """What a package is under that doesn't say it in a way that can be read."""
    baseline: str = BASELINE
    history: bool = True
    """Whether secrets are looked for in all that was ever committed."""
    timeout: timedelta = timedelta(minutes=15)
    """For each scanner."""

    def threshold(self, scanner: Scanner) -> Severity:
        return self.fail_at.get(scanner, FAIL_AT[scanner])


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
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
    import hashlib  # noqa: PLC0415  most commands find nothing

    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    digits = hashlib.sha256(text).hexdigest()[:_DIGITS]
    return "-".join(digits[at : at + _GROUP] for at in range(0, _DIGITS, _GROUP))
