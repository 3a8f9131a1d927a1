"""What a failed import teaches: a requirement to add or a variable to set. Pure.

A missing module is only cured by a package that the repository names itself, or one of the well-known few whose name
differs from the module's: a package that merely has the module's name may be anybody's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ecluse.loop.plan.proposal import Proposal
from ecluse.loop.plan.resolve import LOCAL, safe_value
from ecluse.manifest.detect.facts import Fact, Kind
from ecluse.manifest.detect.packaging import package

KNOWN = {
    "pkg_resources": "setuptools<81",
    "setuptools": "setuptools<81",
    "distutils": "setuptools<81",
    "yaml": "PyYAML",
    "PIL": "Pillow",
    "MySQLdb": "mysqlclient",
    "psycopg2": "psycopg2-binary",
    "dotenv": "python-dotenv",
    "bs4": "beautifulsoup4",
    "jwt": "PyJWT",
    "dateutil": "python-dateutil",
    "cgi": "legacy-cgi",
    "environ": "django-environ",
    "decouple": "python-decouple",
    "multipart": "python-multipart",
}
"""Module to requirement. `pkg_resources` left setuptools with version 81."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What the probe says of an import that failed."""

    kind: str
    message: str
    module: str = ""
    variables: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Failure:
        return cls(kind=said["type"], message=said["message"], module=said["module"],
                   variables=tuple(said["variables"]), lines=tuple(said["lines"]))  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind}: {self.message.strip().splitlines()[0] if self.message.strip() else ''}".rstrip(": ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """`said` tells what was learned; the rest is what to change."""

    said: str
    add: str = ""
    env: Mapping[str, str] = field(default_factory=dict)

    def applied(self, proposal: Proposal) -> Proposal:
        app, reasons = proposal.app, dict(proposal.reasons)
        if self.add:
            app = replace(app, build=replace(app.build, add=(*app.build.add, self.add)))
            reasons[f"build.add.{self.add}"] = self.said
        if self.env:
            places = tuple(
                replace(place, env={**place.env, **self.env}) if place.name == LOCAL else place
                for place in app.environments
            )
            app = replace(app, environments=places)
            reasons |= {f"environments.local.env.{name}": self.said for name in self.env}
        return replace(proposal, app=app, reasons=reasons)


def learn(failure: Failure, proposal: Proposal, facts: tuple[Fact, ...]) -> Lesson | None:
    """The one thing to change before the next try; None when there is nothing to learn."""
    known = proposal.app.environment(LOCAL)
    unset = [name for name in failure.variables if known is None or name not in known.env]
    if unset:
        name = unset[0]
        example = next((fact.label for fact in facts if fact.kind is Kind.VARIABLE and fact.value == name), "")
        return Lesson(said=f"without it: {failure}", env={name: example or safe_value(name)})
    requirement = required(failure.module, facts)
    if requirement and requirement not in proposal.app.build.add:
        return Lesson(said=f"without it: {failure}", add=requirement)
    return None


def required(module: str, facts: tuple[Fact, ...]) -> str:
    """A requirement that provides a module, empty when none is known."""
    top = module.partition(".")[0]
    if top in KNOWN:
        return KNOWN[top]
    named = {fact.value for fact in facts if fact.kind in {Kind.DEPENDENCY, Kind.TEST_DEPENDENCY}}
    return package(top) if top and package(top) in named else ""
