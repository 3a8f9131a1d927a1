"""Python packages, and what is known against them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecluse.model.values import frozen

if TYPE_CHECKING:
    from ecluse.model.security import Severity

_RUNS = re.compile(r"[-_.]+")
_PARTS = 5
"""Of a wheel's file name, without a build number."""


def canonical(name: str) -> str:
    return _RUNS.sub("-", name).lower()


def normal(version: str) -> str:
    """As it is compared (PEP 440, "Normalization"); what can't be stays as it is."""
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415  only who looks at packages pays for it

    try:
        return str(Version(version.replace("_", "-")))
    except InvalidVersion:
        return version


@dataclass(frozen=True, slots=True, order=True)
class Package:
    name: str
    """Canonical (PEP 503)."""
    version: str

    @classmethod
    def of(cls, name: str, version: str) -> Package:
        return cls(canonical(name), version)

    @classmethod
    def of_wheel(cls, file: str) -> Package:
        """By the name of a wheel's file (binary distribution format). ValueError for what is none."""
        parts = file.removesuffix(".whl").split("-")
        if not file.endswith(".whl") or len(parts) not in {_PARTS, _PARTS + 1}:
            raise ValueError(f"{file!r} is no name of a wheel")
        return cls.of(parts[0], normal(parts[1]))

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@frozen
class Vulnerability:
    """`severity` None: the source tells none."""

    id: str
    aliases: tuple[str, ...] = ()
    summary: str = ""
    fixed: tuple[str, ...] = ()
    severity: Severity | None = None
