"""What a failed import teaches: a requirement to add or a variable to set. Pure.

A missing module is only cured by a package that the repository names itself, or one of the well-known few whose name
differs from the module's: a package that merely has the module's name may be anybody's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any

from ecluse.loop.plan.proposing.made_up import next_value, value_for
from ecluse.loop.plan.proposing.proposal import Proposal
from ecluse.loop.plan.proposing.resolve import LOCAL
from ecluse.loop.plan.proposing.services import addresses
from ecluse.manifest.argv import SHELL
from ecluse.manifest.detect.facts import Fact, Kind, every, values
from ecluse.manifest.detect.packaging import package
from ecluse.manifest.detect.samples import VARIABLE
from ecluse.model.app import Process
from ecluse.model.values import frozen

KNOWN = {
    "pkg_resources": "setuptools<81",
    "setuptools": "setuptools<81",
    "distutils": "setuptools<81",
    "yaml": "PyYAML",
    "PIL": "Pillow",
    "MySQLdb": "mysqlclient",
    "psycopg2": "psycopg2-binary",
    "psycopg": "psycopg[binary]",
    "dotenv": "python-dotenv",
    "bs4": "beautifulsoup4",
    "jwt": "PyJWT",
    "dateutil": "python-dateutil",
    "cgi": "legacy-cgi",
    "environ": "django-environ",
    "decouple": "python-decouple",
    "multipart": "python-multipart",
    "cheroot": "cheroot",
    "waitress": "waitress",
    "uvicorn": "uvicorn",
    "gunicorn": "gunicorn",
}
"""Module to requirement; servers too, because a program may leave to others which one they add. `pkg_resources` left
setuptools with version 81."""


@frozen
class Failure:
    """What the probe says of an import that failed."""

    kind: str
    message: str
    module: str = ""
    variables: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    """Variables whose values it quotes or that it names, the one read last first."""
    lines: tuple[str, ...] = ()
    wants: Mapping[str, Any] = field(default_factory=dict)
    """What another Python would have to have: `module` and `name`, or a `file` that it can compile."""
    folder: str = ""
    """Where a database should lie, and which isn't there."""
    is_system: bool = False
    """The system refused something: a file, a connection."""

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Failure:
        return cls(
            kind=said["type"], message=said["message"], module=said["module"], variables=tuple(said["variables"]),
            refused=tuple(said["refused"]), lines=tuple(said["lines"]),
            wants=said.get("wants", {}), folder=said.get("folder", ""), is_system=said.get("is_system", False),
        )  # fmt: skip

    def __str__(self) -> str:
        """One line, without the places on this machine that Python adds to it."""
        first = next(iter(self.message.strip().splitlines()), "")
        return re.sub(r" \((/|most likely)[^()]*\)", "", f"{self.kind}: {first}").rstrip(": ")


@frozen
class Lesson:
    """`said` tells what was learned; the rest is what to change."""

    said: str
    add: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    made_up: bool = False
    words: str = ""
    """What goes behind the command of the web process."""
    state: str = ""
    withdrawn: str = ""
    """A variable to leave unset."""

    def __str__(self) -> str:
        if self.withdrawn:
            return f"without {self.withdrawn}"
        return self.add or self.words or self.state or ", ".join(f"{name}={value}" for name, value in self.env.items())

    @property
    def about(self) -> str:
        """The key of the manifest that it changes."""
        if self.words or self.state:
            return "processes.web.command" if self.words else "app.state"
        name = self.withdrawn or next(iter(self.env), "")
        return "build.add" if self.add else f"environments.{LOCAL}.env.{name}".rstrip(".")

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
            said = f"made up; {self.said}" if self.made_up else self.said
            reasons |= {f"environments.local.env.{name}": said for name in self.env}
        if self.words:
            app = replace(app, processes=tuple(longer(each, self.words) for each in app.processes))
            why = reasons.get("processes.web.command", "")
            reasons["processes.web.command"] = f"{why}; `{self.words}`: {self.said}".lstrip("; ")
        if self.state and self.state not in app.state:
            app = replace(app, state=(*app.state, self.state))
            reasons[f"app.state.{self.state}"] = self.said
        made_up = dict.fromkeys((*proposal.made_up, *(self.env if self.made_up else ())))
        after = replace(proposal, app=app, reasons=reasons, made_up=tuple(made_up))
        return unset(after, self.withdrawn) if self.withdrawn else after


def unset(proposal: Proposal, name: str) -> Proposal:
    """The proposal without a variable and all that was said of it."""
    held = proposal.app.environment(LOCAL)
    places = tuple(
        replace(place, env={other: value for other, value in place.env.items() if other != name})
        if place is held else place
        for place in proposal.app.environments
    )  # fmt: skip
    last = held.env[name] if held else ""
    return replace(
        proposal,
        app=replace(proposal.app, environments=places),
        reasons={key: why for key, why in proposal.reasons.items() if key != f"environments.{LOCAL}.env.{name}"},
        made_up=tuple(other for other in proposal.made_up if other != name),
        withdrawn={**proposal.withdrawn, name: last},
    )


def longer(process: Process, words: str) -> Process:
    """A web process whose command has more words at its end."""
    if not process.is_web:
        return process
    *first, last = process.command
    more = (f"{last} {words}",) if process.command[: len(SHELL)] == SHELL else (last, *words.split())
    return replace(process, command=(*first, *more))


def learn(failure: Failure, proposal: Proposal, facts: tuple[Fact, ...]) -> Lesson | None:
    """The one thing to change before the next try; None when there is nothing to learn."""
    known = proposal.app.environment(LOCAL)
    held = {**(known.env if known else {}), **addresses(proposal.app.services)}
    if wanted := [name for name in (*failure.variables, *fields_missing(failure, facts)) if name not in held]:
        return given(wanted[0], failure, proposal, facts)
    refused = (*fields_refused(failure, facts), *failure.refused)
    for name in refused:
        other = next_value(name, held.get(name, ""), facts, failure.message) if name in proposal.made_up else None
        if other is not None:
            said = f"{read_at(name, facts)}with {held[name]!r}: {failure}"
            return Lesson(said=said, env={name: other}, made_up=True)
    requirement = required(failure.module, facts)
    if requirement and requirement not in proposal.app.build.add:
        return Lesson(said=f"without it: {failure}", add=requirement)
    return configured(failure, held, facts) or without_any(refused, failure, proposal, facts)


def given(name: str, failure: Failure, proposal: Proposal, facts: tuple[Fact, ...]) -> Lesson:
    """A value for what the code wants; what was taken away in vain has the last one again."""
    example = next((fact.label for fact in every(facts, Kind.VARIABLE) if fact.value == name), "")
    value = proposal.withdrawn.get(name) or example or sample_for(name, facts) or value_for(name, facts)
    said = f"{read_at(name, facts)}without it: {failure}"
    return Lesson(said=said, env={name: value}, made_up=name in proposal.withdrawn or not example)


def without_any(
    refused: tuple[str, ...], failure: Failure, proposal: Proposal, facts: tuple[Fact, ...]
) -> Lesson | None:
    """None of the values that were made up for it is taken: perhaps the code does without. Once for each."""
    left = (name for name in refused if name in proposal.made_up and name not in proposal.withdrawn)
    name = next(left, "")
    return Lesson(said=f"{read_at(name, facts)}with any value: {failure}", withdrawn=name) if name else None


def configured(failure: Failure, held: Mapping[str, str], facts: tuple[Fact, ...]) -> Lesson | None:
    """A variable that says where the configuration is, if there is one to start from."""
    fact = next((fact for fact in every(facts, Kind.CONFIGURED) if fact.value not in held), None)
    if fact is None:
        return None
    said = f"a file of the repository, read at {fact.place}; without it: {failure}"
    return Lesson(said=said, env={fact.value: fact.label})


def sample_for(name: str, facts: tuple[Fact, ...]) -> str:
    """A configuration of the repository, for a variable that names one: in the code, or by what it is called."""
    told = next((fact.label for fact in every(facts, Kind.CONFIGURED) if fact.value == name), "")
    return told or next(iter(values(facts, Kind.SAMPLE) if VARIABLE.fullmatch(name) else ()), "")


def read_at(name: str, facts: tuple[Fact, ...]) -> str:
    fact = next((fact for fact in every(facts, Kind.VARIABLE) if fact.value == name), None)
    return f"read at {fact.place}; " if fact else ""


FIELD = re.compile(r"(?m)^([\w.]+)\n[ ]+.*\[type=(\w+)")
"""A field in what pydantic says, and what is wrong with it (docs.pydantic.dev, "Validation Errors")."""


def fields_missing(failure: Failure, facts: tuple[Fact, ...]) -> tuple[str, ...]:
    return tuple(variable(name, facts) for name, wrong in FIELD.findall(failure.message) if wrong == "missing")


def fields_refused(failure: Failure, facts: tuple[Fact, ...]) -> tuple[str, ...]:
    return tuple(variable(name, facts) for name, wrong in FIELD.findall(failure.message) if wrong != "missing")


def variable(name: str, facts: tuple[Fact, ...]) -> str:
    """The variable of a settings field: with the prefix that was read, if one was; capitals by custom."""
    plain = name.partition(".")[0].upper()
    named = {fact.value.upper(): fact.value for fact in every(facts, Kind.VARIABLE)}
    prefixed = next((name for upper, name in named.items() if upper.endswith(f"_{plain}")), plain)
    return named.get(plain, prefixed)


def required(module: str, facts: tuple[Fact, ...]) -> str:
    """A requirement that provides a module, empty when none is known."""
    top = module.partition(".")[0]
    if top in KNOWN:
        return KNOWN[top]
    kinds = {Kind.DEPENDENCY, Kind.TEST_DEPENDENCY, Kind.LOCKED}
    named = {package(fact.value) for fact in facts if fact.kind in kinds}
    return package(top) if top and package(top) in named else ""
