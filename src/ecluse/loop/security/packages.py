"""What is known against the packages of a bundle, as findings. Pure."""

from __future__ import annotations

from email.parser import HeaderParser

from ecluse.model.finding import Finding
from ecluse.model.package import Package, Vulnerability
from ecluse.model.security import Scanner, Severity

SAID = 160
"""Characters of a description that are told."""


def finding(package: Package, found: Vulnerability) -> Finding:
    """The version isn't part of what makes it this one: another that has it, too, is no news. Where the source tells no
    severity it is high."""
    names = ", ".join(dict.fromkeys((found.id, *found.aliases)))
    cure = f"; fixed in {', '.join(found.fixed)}" if found.fixed else "; no version without it is known"
    said = found.summary if len(found.summary) <= SAID else found.summary[: SAID - 1] + "…"
    return Finding(
        scanner=Scanner.DEPENDENCIES,
        rule=found.id,
        severity=found.severity or Severity.HIGH,
        message=f"{package} has {names}{f': {said}' if said else ''}{cure}",
        place=package.name,
        url=f"https://osv.dev/vulnerability/{found.id}",
        anchor=package.name,
    )


def headers(metadata: bytes) -> dict[str, list[str]]:
    """Of a wheel's METADATA, each by its name in small letters (core metadata specification)."""
    message = HeaderParser().parsestr(metadata.decode("utf-8", "replace"))
    found: dict[str, list[str]] = {}
    for name, value in message.items():
        found.setdefault(name.lower(), []).append(value)
    return found
