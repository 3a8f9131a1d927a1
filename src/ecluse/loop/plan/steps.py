"""The steps of a pipeline that uses what the repository uses."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.loop.plan.locked import Note, tested
from ecluse.manifest.detect.facts import Fact, Kind, every, first, values
from ecluse.model.app import Argv, Evidence, Step
from ecluse.model.ids import StepName

TEST = StepName("test")
JUNIT = "junit.xml"
COVERAGE = "coverage.json"


def steps_of(facts: tuple[Fact, ...], note: Note) -> tuple[Step, ...]:
    """Linters and type checkers that are configured, and the tests; each independent of the others."""
    return (*linters(facts, note), *suite(facts, note))


def linters(facts: tuple[Fact, ...], note: Note) -> Iterator[Step]:
    for fact in every(facts, Kind.LINTER):
        note(f"steps.{fact.label}.command", fact)
        yield Step(name=StepName(fact.label), command=tuple(fact.value.split()), group="check")


def suite(facts: tuple[Fact, ...], note: Note) -> Iterator[Step]:
    runner = first(facts, Kind.RUNNER)
    if runner is None or not tested(facts):
        return
    measured = runner.value != "unittest" and bool(every(facts, Kind.COVERAGE))
    note("steps.test.command", runner)
    if measured:
        note("steps.test.coverage", first(facts, Kind.COVERAGE))
    yield Step(
        name=TEST,
        command=command(facts, runner.value, measured=measured),
        group="test",
        folder=folder(facts, runner.value),
        evidence=Evidence(junit=JUNIT, coverage=COVERAGE if measured else ""),
    )


def command(facts: tuple[Fact, ...], runner: str, *, measured: bool) -> Argv:
    """The suite run so that it leaves a JUnit report."""
    if runner == "unittest":
        folders = [fact.value for fact in every(facts, Kind.TESTS) if not fact.value.endswith(".py")]
        start = ("-s", folders[0], "-t", ".") if folders else ()
        return ("python", "-m", "xmlrunner", "discover", *start, "--output-file", JUNIT)
    report = (f"--junitxml={JUNIT}", *(("--cov", f"--cov-report=json:{COVERAGE}") if measured else ()))
    if runner == "django":
        settings = f"--ds={values(facts, Kind.SETTINGS)[0]}"
        return ("python", "-m", "pytest", settings, "-o", "python_files=test*.py *_test.py *_tests.py", *report)
    return ("python", "-m", "pytest", *report, *pytest_targets(facts))


def pytest_targets(facts: tuple[Fact, ...]) -> tuple[str, ...]:
    """The tests' own folder where there is one beside the code, else what pytest's settings say."""
    return tuple(fact.value for fact in every(facts, Kind.TESTS) if fact.value in {"tests", "test"})[:1]


def folder(facts: tuple[Fact, ...], runner: str) -> str:
    settings = first(facts, Kind.SETTINGS)
    return settings.folder if runner == "django" and settings else "."


def coverage_wanted(facts: tuple[Fact, ...]) -> float | None:
    """The threshold that the repository sets itself."""
    wanted = next((value for value in values(facts, Kind.COVERAGE) if value), "")
    runner = first(facts, Kind.RUNNER)
    return float(wanted) if wanted and runner and runner.value != "unittest" else None
