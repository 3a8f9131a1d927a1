"""Which version comes next. Pure: Semantic Versioning 2.0.0 and Conventional Commits 1.0.0."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import IntEnum
from functools import total_ordering

from ecluse.model.values import frozen
from ecluse.ports.source import Change, Tag

_SEMVER = re.compile(
    r"(?P<major>0|[1-9]\d*)\.(?P<minor>0|[1-9]\d*)\.(?P<patch>0|[1-9]\d*)"
    r"(?:-(?P<pre>(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?"
    r"(?:\+(?P<build>[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?"
)
_CONVENTIONAL = re.compile(r"(?P<kind>[A-Za-z]+)(?:\((?P<scope>[^()\r\n]+)\))?(?P<breaking>!)?:[ \t]+(?P<text>\S.*)")
_BREAKING = re.compile(r"(?m)^BREAKING[ -]CHANGE: *(?P<text>.*)")


@total_ordering
@frozen
class SemVer:
    """`pre` are the identifiers behind `-`, `build` those behind `+`; build identifiers don't order (rule 10)."""

    major: int
    minor: int
    patch: int
    pre: tuple[str, ...] = ()
    build: tuple[str, ...] = ()

    def __str__(self) -> str:
        pre = f"-{'.'.join(self.pre)}" if self.pre else ""
        build = f"+{'.'.join(self.build)}" if self.build else ""
        return f"{self.major}.{self.minor}.{self.patch}{pre}{build}"

    def __lt__(self, other: SemVer) -> bool:
        return self._precedence < other._precedence

    @property
    def _precedence(self) -> tuple[object, ...]:
        """Rule 11: numbers before words, fewer identifiers first, a pre-release before its release."""
        identifiers = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in self.pre)
        return (self.major, self.minor, self.patch, not self.pre, identifiers)


class Bump(IntEnum):
    """Which part goes up; the larger wins."""

    PATCH = 1
    MINOR = 2
    MAJOR = 3


@frozen
class Meant:
    """What a commit's message says. `kind` is empty where it isn't conventional."""

    kind: str
    scope: str
    text: str
    breaking: str = ""
    """What breaks, in the author's words, or empty."""


def parse(text: str) -> SemVer | None:
    """None for what is no semantic version."""
    found = _SEMVER.fullmatch(text)
    if found is None:
        return None
    split = {name: tuple(found[name].split(".")) if found[name] else () for name in ("pre", "build")}
    return SemVer(major=int(found["major"]), minor=int(found["minor"]), patch=int(found["patch"]), **split)


def understand(change: Change) -> Meant:
    """The message by the convention; where it follows none, its subject as it is."""
    footer = _BREAKING.search(change.body)
    found = _CONVENTIONAL.fullmatch(change.subject.strip())
    if found is None:
        return Meant(kind="", scope="", text=change.subject.strip(), breaking=footer["text"].strip() if footer else "")
    breaking = (footer["text"].strip() if footer else "") or (found["text"] if found["breaking"] or footer else "")
    return Meant(kind=found["kind"].lower(), scope=found["scope"] or "", text=found["text"], breaking=breaking)


def newest(tags: Iterable[Tag], prefix: str) -> tuple[SemVer, Tag] | None:
    """The highest released version among the tags; pre-releases and other tags don't count."""
    versions = ((parse(tag.name.removeprefix(prefix)), tag) for tag in tags if tag.name.startswith(prefix))
    released = [(version, tag) for version, tag in versions if version is not None and not version.pre]
    return max(released, key=lambda found: found[0]) if released else None


def bump_of(changes: Sequence[Change]) -> Bump:
    """Breaking: major; a feature: minor; anything else, conventional or not: patch."""
    meant = [understand(change) for change in changes]
    if any(one.breaking for one in meant):
        return Bump.MAJOR
    return Bump.MINOR if any(one.kind == "feat" for one in meant) else Bump.PATCH


def following(version: SemVer, bump: Bump) -> SemVer:
    """The version after. Before 1.0.0 anything may change (rule 4), so what breaks raises the minor part."""
    if bump is Bump.MAJOR and version.major:
        return SemVer(major=version.major + 1, minor=0, patch=0)
    if bump is Bump.PATCH:
        return SemVer(major=version.major, minor=version.minor, patch=version.patch + 1)
    return SemVer(major=version.major, minor=version.minor + 1, patch=0)


def unreleased(version: SemVer, *, commits: int, commit: str) -> SemVer:
    """The version of something on the way to `version`: `0.1.1-dev.3+g1a2b3c4`."""
    return replace(version, pre=("dev", str(commits)), build=(f"g{commit[:7]}",))
