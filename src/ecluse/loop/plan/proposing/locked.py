"""What the locked environment is made of."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import PurePosixPath

from ecluse.loop.plan.proposing.environments import adding
from ecluse.manifest.argv import argv_of
from ecluse.manifest.detect.facts import LIKELY, Fact, Kind, every, first, values
from ecluse.manifest.detect.requirements import LOCKED
from ecluse.model.app import Build
from ecluse.ports.python import OLDEST

Note = Callable[[str, Fact | str | None], None]

REPORTERS = {"pytest": ("pytest",), "django": ("unittest-xml-reporting",), "unittest": ("unittest-xml-reporting",)}
"""What each runner needs to leave a JUnit report."""


def build_of(facts: tuple[Fact, ...], note: Note, folder: str = ".") -> Build:
    """`folder` is where the app runs."""
    return Build(
        python=python(facts, note, folder),
        requirements=requirements(facts, note),
        test_requirements=test_requirements(facts, note),
        test_extras=named(facts, Kind.TEST_EXTRA, "build.test_extras", note),
        test_groups=named(facts, Kind.TEST_GROUP, "build.test_groups", note),
        commands=commands(facts, note),
    )


def python(facts: tuple[Fact, ...], note: Note, folder: str) -> str:
    """What the root or the app's own folder asks for; the latter is nearer."""
    asked = [fact for fact in every(facts, Kind.PYTHON) if fact.folder in {".", folder} and servable(fact.value)]
    fact = max(asked, key=lambda fact: (fact.folder == folder, fact.confidence), default=None)
    if fact is None or fact.confidence < LIKELY:
        return ""
    note("build.python", fact)
    return fact.value


def servable(version: str) -> bool:
    """Older ones can't be had: the next one after it is meant, which the toolchain chooses."""
    return tuple(int(part) for part in version.split(".")) >= OLDEST


def requirements(facts: tuple[Fact, ...], note: Note) -> tuple[str, ...]:
    """Requirements files, unless a lock or packaging metadata says what is needed. A compiled `requirements.txt` beside
    the metadata is the lock of it.

    What a Dockerfile installs was seen to work; but what the settings that run are named like goes before it.
    """
    locked = any(fact.value in {"uv", "poetry", "pdm", "pipenv"} for fact in every(facts, Kind.MANAGER))
    declaring = {fact.folder for fact in every(facts, Kind.DEPENDENCY) if not fact.file.endswith(".txt")}
    in_image = [fact for fact in every(facts, Kind.REQUIREMENTS) if fact.file != fact.value]
    chosen = like_the_settings(facts) or in_image or every(facts, Kind.REQUIREMENTS)[:1]
    if compiled := next((fact for fact in every(facts, Kind.REQUIREMENTS) if is_lock_of(fact, declaring)), None):
        chosen = [compiled]
    elif declaring:
        chosen = []
    if not chosen or locked:
        return ()
    note("build.requirements", chosen[0])
    return tuple(dict.fromkeys(fact.value for fact in chosen))


def is_lock_of(fact: Fact, folders: Collection[str]) -> bool:
    """Beside what it locks: one in `docs/` says what the documentation is built with."""
    name = PurePosixPath(fact.value)
    return fact.label == LOCKED and name.name == "requirements.txt" and str(name.parent) in folders


def like_the_settings(facts: tuple[Fact, ...]) -> list[Fact]:
    """`requirements/dev.txt` for `config.settings.dev`. In the root such a file holds only what is needed more."""
    settings = first(facts, Kind.SETTINGS)
    name = settings.value.rpartition(".")[2] if settings else ""
    files = [fact for kind in (Kind.REQUIREMENTS, Kind.TEST_REQUIREMENTS) for fact in every(facts, kind)]
    named = [fact for fact in files if name in re.split(r"[-_.]", PurePosixPath(fact.value).stem)][:1]
    main = [fact for fact in files if fact.value == "requirements.txt"]
    return named if not named or "/" in named[0].value else [*main[:1], *named]


def tested(facts: tuple[Fact, ...]) -> bool:
    unit = first(facts, Kind.RUNNER) is not None and first(facts, Kind.TESTS) is not None
    return unit or first(facts, Kind.ROBOT) is not None


def named(facts: tuple[Fact, ...], kind: Kind, key: str, note: Note) -> tuple[str, ...]:
    """The extra or group that is named most like tests, whichever of the two kinds it is."""
    both = sorted((*every(facts, Kind.TEST_EXTRA), *every(facts, Kind.TEST_GROUP)), key=lambda fact: -fact.confidence)
    if not tested(facts) or not both or both[0].kind is not kind:
        return ()
    note(key, both[0])
    return (both[0].value,)


def test_requirements(facts: tuple[Fact, ...], note: Note) -> tuple[str, ...]:
    found: dict[str, Fact | None] = {fact.label: fact for fact in every(facts, Kind.LINTER)}
    found |= {tool: commands[0] for commands in adding(facts) for tool in [commands[0].label.partition(":")[0]]}
    if robot := first(facts, Kind.ROBOT):
        found["robotframework"] = robot
    if tested(facts):
        found |= tested_with(facts)
    files = [fact.file for fact in found.values() if fact and fact.kind is Kind.TEST_REQUIREMENTS]
    there = {fact.value for fact in every(facts, Kind.TEST_LISTED) if fact.file in files}
    found = {name: fact for name, fact in found.items() if name not in there}
    for name, fact in found.items():
        note(f"build.test_requirements.{name}", fact or "for the step `test`")
    return tuple(found)


def tested_with(facts: tuple[Fact, ...]) -> dict[str, Fact | None]:
    """The file or requirements that tests need, and what makes their runner write a report."""
    runner = first(facts, Kind.RUNNER)
    found: dict[str, Fact | None] = {}
    if file := first(facts, Kind.TEST_REQUIREMENTS):
        found[file.value] = file
    elif not every(facts, Kind.TEST_EXTRA) and not every(facts, Kind.TEST_GROUP):
        found |= {fact.value: fact for fact in every(facts, Kind.TEST_DEPENDENCY)}
    found |= dict.fromkeys(REPORTERS[runner.value] if runner else ())
    if every(facts, Kind.COVERAGE) and runner:
        found["pytest-cov" if runner.value == "pytest" else "coverage"] = None
    return found


def runners_alone(build: Build, facts: tuple[Fact, ...]) -> Build:
    """Without what the repository develops with: only what runs its tests, and reports on them, whether it is named
    or listed in a file for tests."""
    known = {"pytest-cov", "coverage", "robotframework", *(name for names in REPORTERS.values() for name in names)}
    listed = values(facts, Kind.TEST_LISTED) if build.test_requirements else ()
    plain = tuple(dict.fromkeys(name for name in (*build.test_requirements, *listed) if name in known))
    return replace(build, test_requirements=plain, test_extras=(), test_groups=())


def commands(facts: tuple[Fact, ...], note: Note) -> tuple[tuple[str, ...], ...]:
    for fact in every(facts, Kind.PREPARE):
        note("build.commands", f"{fact.place}; {fact.label}" if fact.label else fact)
    return tuple(argv_of(value) for value in values(facts, Kind.PREPARE))
