"""What may cure an environment that isn't made or an entry point that isn't imported, in the order of trying. Pure.

An older Python that fits, the ranges instead of a lock, packages as of the last commit, an older setuptools to build
with, a package's binary form, a server left out that isn't ours to run. Each is tried before it is believed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from datetime import UTC, datetime, timedelta

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from ecluse.loop.plan.proposing.chosen import nearest, number
from ecluse.loop.plan.proposing.proposal import Proposal
from ecluse.loop.plan.trying.learn import Failure
from ecluse.manifest.detect.facts import Fact, Kind, every
from ecluse.model.app import Build
from ecluse.model.problem import ProblemError
from ecluse.model.values import frozen
from ecluse.ports.python import OtherPythonError, UnbuiltError

RELEASED = {
    "3.8": datetime(2019, 10, 14, tzinfo=UTC), "3.9": datetime(2020, 10, 5, tzinfo=UTC),
    "3.10": datetime(2021, 10, 4, tzinfo=UTC), "3.11": datetime(2022, 10, 24, tzinfo=UTC),
    "3.12": datetime(2023, 10, 2, tzinfo=UTC), "3.13": datetime(2024, 10, 7, tzinfo=UTC),
    "3.14": datetime(2025, 10, 7, tzinfo=UTC),
}  # fmt: skip
"""Final releases (devguide.python.org/versions)."""
AGED = timedelta(days=60)
"""The packages of a commit that is younger are those of today."""
MOST_PYTHONS = 2
"""Older interpreters that are tried without evidence for one of them."""
SETUPTOOLS = ("setuptools<81", "setuptools<58", "setuptools<46")
"""What each left behind: pkg_resources, 2to3, features."""
LOCKS = frozenset({"uv", "poetry", "pdm", "pipenv"})
SERVERS = frozenset({"uwsgi", "pyuwsgi", "mod-wsgi", "meinheld", "bjoern", "gunicorn", "waitress", "daphne"})
"""Écluse brings the server itself."""
BINARY = {"psycopg2": "psycopg2-binary"}
"""The same code with what it is linked to, by the same people."""
STALE, NOTHING_FITS = "B010", "B012"


@frozen
class Cure:
    """`said` is what is told while it is tried, `reasons` what stands beside the manifest's keys."""

    said: str
    build: Build
    reasons: Mapping[str, str] = field(default_factory=dict)

    def applied(self, proposal: Proposal) -> Proposal:
        app = replace(proposal.app, build=self.build)
        return replace(proposal, app=app, reasons={**proposal.reasons, **self.reasons})


@frozen
class Patient:
    """What a cure is chosen by. `fitting` are minor versions, newest first; `committed` is None where it isn't old."""

    build: Build
    facts: tuple[Fact, ...] = ()
    current: str = ""
    fitting: tuple[str, ...] = ()
    committed: datetime | None = None
    mentioned: frozenset[str] = frozenset()
    """Names in the repository's own code."""
    files: frozenset[str] = frozenset()
    pins: Mapping[str, str] = field(default_factory=dict)
    """`==2.8.6` by the package of which the repository asks for that version."""


def of_build(error: ProblemError, patient: Patient) -> Iterator[Cure]:
    """For an environment that isn't made."""
    why = error.problems[0].what
    if isinstance(error, OtherPythonError):
        yield from pythons(asked(error.wanted, patient), why, patient)
        yield from with_python(unlocked(why, patient), why, patient)
    elif isinstance(error, UnbuiltError):
        lacking = list(without_it(error.packages, why, patient))
        first, last = (lacking, []) if error.lacking else ([], lacking)
        yield from first
        yield from pythons(older(patient), why, patient)
        yield from () if error.lacking else rebuilt(why, patient)
        yield from last
    elif error.problems[0].code in {STALE, NOTHING_FITS}:
        yield from with_python(unlocked(why, patient), why, patient)
        yield from () if error.problems[0].code == STALE else with_python(dated(why, patient), why, patient)


def of_import(failure: Failure, able: tuple[str, ...], patient: Patient) -> Iterator[Cure]:
    """For an entry point that isn't imported. `able` are the Pythons that have what it lacks."""
    why = str(failure)
    yield from pythons(nearest(able, patient.current), f"without it: {why}", patient)
    if not failure.is_system and patient.committed:
        yield from with_python(dated(why, patient), why, patient)
        yield from pythons(older(patient)[:1], why, patient)


def rebuilt(why: str, patient: Patient) -> Iterator[Cure]:
    yield from with_python(unlocked(why, patient), why, patient)
    yield from with_python(dated(why, patient), why, patient)
    for constraint in SETUPTOOLS:
        build = replace(patient.build, build_constraints=(constraint,))
        cure = Cure(said=f"build with {constraint}", build=build,
                    reasons={f"build.build_constraints.{constraint}": why})  # fmt: skip
        yield from with_python([cure], why, patient)


def pythons(minors: Iterable[str], why: str, patient: Patient) -> Iterator[Cure]:
    for minor in minors:
        if minor != patient.current:
            build = replace(patient.build, python=minor)
            yield Cure(said=f"Python {minor}", build=build, reasons={"build.python": why})


def with_python(cures: Iterable[Cure], why: str, patient: Patient) -> Iterator[Cure]:
    """Each cure, then together with the Python of the commit's time."""
    for cure in cures:
        yield cure
        for minor in older(patient)[:1]:
            both = replace(cure.build, python=minor)
            reasons = {**cure.reasons, "build.python": why}
            yield replace(cure, said=f"{cure.said}, with Python {minor}", build=both, reasons=reasons)


def unlocked(why: str, patient: Patient) -> Iterator[Cure]:
    """The ranges that a lock was made from."""
    if any(fact.value in LOCKS for fact in every(patient.facts, Kind.MANAGER)) and patient.build.locked:
        build = replace(patient.build, locked=False)
        yield Cure(said="the ranges instead of the lock", build=build, reasons={"build.locked": why})
    for name in patient.build.requirements:
        source = re.sub(r"\.txt$", ".in", name)
        if source != name and source in patient.files:
            build = replace(patient.build, requirements=(source,))
            yield Cure(said=f"{source} instead of {name}", build=build, reasons={"build.requirements": why})


def dated(why: str, patient: Patient) -> Iterator[Cure]:
    """Packages as they were at the last commit."""
    if patient.committed and not patient.build.exclude_newer:
        day = (patient.committed + timedelta(days=1)).strftime("%Y-%m-%dT00:00:00Z")
        build = replace(patient.build, exclude_newer=day)
        said = f"the last commit's day; without it: {why}"
        yield Cure(said=f"packages as of {day[:10]}", build=build, reasons={"build.exclude_newer": said})


def without_it(packages: tuple[str, ...], why: str, patient: Patient) -> Iterator[Cure]:
    """A package in its binary form; a server, which isn't needed here, left out."""
    for name in packages:
        left_out = replace(patient.build, without=(*patient.build.without, name))
        reasons = {f"build.without.{name}": why}
        if binary := BINARY.get(name):
            for form in dict.fromkeys((binary + patient.pins.get(name, ""), binary)):
                build = replace(left_out, add=(*patient.build.add, form))
                said = {**reasons, f"build.add.{form}": f"instead of {name}"}
                yield Cure(said=f"{form} instead of {name}", build=build, reasons=said)
        elif name in SERVERS and name not in patient.mentioned:
            yield Cure(said=f"without {name}, a server that isn't needed here", build=left_out, reasons=reasons)


def older(patient: Patient) -> tuple[str, ...]:
    """That of the commit's time first, then downwards from the current one."""
    if not patient.current:
        return ()
    below = [minor for minor in patient.fitting if number(minor) < number(patient.current)]
    if patient.committed is None:
        return tuple(below[:MOST_PYTHONS])
    then = [minor for minor in below if RELEASED.get(minor, patient.committed) <= patient.committed]
    first = then[:1] or below[-1:]
    return tuple(dict.fromkeys((*first, *below)))[:MOST_PYTHONS]


def asked(wanted: tuple[str, ...], patient: Patient) -> tuple[str, ...]:
    """The Pythons that satisfy one of the specifiers, nearest first."""
    able = [minor for minor in patient.fitting if any(admits(spec, minor) for spec in wanted)]
    return nearest(able, patient.current)


def admits(spec: str, minor: str) -> bool:
    try:
        return SpecifierSet(spec).contains(f"{minor}.99")
    except InvalidSpecifier:
        return False
