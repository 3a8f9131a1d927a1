"""Which records of OSV's format are about a package (OSV schema 1, `affected`). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from packaging.version import InvalidVersion, Version

from ecluse.model.package import Package, Vulnerability
from ecluse.model.security import Severity

Record = Mapping[str, Any]
ECOSYSTEM = "PyPI"
_BEGINNING = "0"
_SEVERITIES = {"LOW": Severity.LOW, "MODERATE": Severity.MEDIUM, "MEDIUM": Severity.MEDIUM, "HIGH": Severity.HIGH,
               "CRITICAL": Severity.CRITICAL}  # fmt: skip


class UndecidableError(Exception):
    """A record doesn't say which versions it is about in a way that can be worked out."""


def names_of(record: Record) -> frozenset[str]:
    """The packages that a record is about. KeyError, TypeError, AttributeError for what isn't of the format."""
    if record.get("withdrawn"):
        return frozenset()
    packages = [one["package"] for one in record.get("affected") or () if "package" in one]
    return frozenset(Package.of(one["name"], "").name for one in packages if is_ours(one["ecosystem"]))


def is_ours(ecosystem: str) -> bool:
    """A suffix names one of several indexes."""
    return ecosystem.partition(":")[0] == ECOSYSTEM


def vulnerabilities(package: Package, records: Iterable[Record]) -> tuple[Vulnerability, ...]:
    """Those of `records` that the version has. UndecidableError where that can't be said."""
    try:
        version = Version(package.version)
    except InvalidVersion as error:
        raise UndecidableError(f"{package.version!r} is no version that can be compared (PEP 440)") from error
    return tuple(_vulnerability(record, package) for record in records if _affects(record, package, version))


def _affects(record: Record, package: Package, version: Version) -> bool:
    return any(_has(one, version, str(record["id"])) for one in _about(record, package))


def _about(record: Record, package: Package) -> list[Record]:
    return [
        one
        for one in record.get("affected") or ()
        if "package" in one
        and is_ours(one["package"]["ecosystem"])
        and Package.of(one["package"]["name"], "").name == package.name
    ]


def _has(affected: Record, version: Version, name: str) -> bool:
    listed = affected.get("versions") or ()
    if any(_same(text, version) for text in listed):
        return True
    ranges = affected.get("ranges") or ()
    known = [one for one in ranges if one["type"] == "ECOSYSTEM"]
    if not known and not listed:
        raise UndecidableError(f"{name} doesn't say which versions it is about")
    try:
        return any(_within(one["events"], version) for one in known)
    except InvalidVersion as error:
        raise UndecidableError(f"{name} names a version that can't be compared: {error}") from error


def _same(text: str, version: Version) -> bool:
    try:
        return Version(text) == version
    except InvalidVersion:
        return False


def _within(events: Iterable[Mapping[str, str]], version: Version) -> bool:
    """As the schema's own algorithm has it: the last event that isn't later decides. `limit` is for git only."""
    told = sorted(
        ((_at(text), kind) for event in events for kind, text in event.items() if kind != "limit"),
        key=lambda one: (one[0] is not None, one[0] or Version("0"), one[1] == "last_affected"),
    )
    state = False
    for at, kind in told:
        if kind == "introduced" and (at is None or version >= at):
            state = True
        elif (kind == "fixed" and at is not None and version >= at) or (
            kind == "last_affected" and at is not None and version > at
        ):
            state = False
    return state


def _at(text: str) -> Version | None:
    """None is before all versions."""
    return None if text == _BEGINNING else Version(text)


def _vulnerability(record: Record, package: Package) -> Vulnerability:
    fixed = [
        event["fixed"]
        for one in _about(record, package)
        for span in one.get("ranges") or ()
        if span["type"] == "ECOSYSTEM"
        for event in span["events"]
        if "fixed" in event
    ]
    said = (record.get("database_specific") or {}).get("severity")
    return Vulnerability(
        id=str(record["id"]),
        aliases=tuple(record.get("aliases") or ()),
        summary=" ".join(str(record.get("summary") or record.get("details") or "").split()),
        fixed=tuple(dict.fromkeys(fixed)),
        severity=_SEVERITIES.get(str(said).upper()),
    )
