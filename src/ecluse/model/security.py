"""What the manifest says of the security gate: who looks, for what, and what counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from ecluse.model.ids import StepName
from ecluse.model.values import frozen

SECURITY = StepName("security")
"""The gate's name among the steps."""
OUTPUTS = ("reports/security.sarif", "reports/security.json")
BASELINE = "security-baseline.toml"


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


@frozen
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
