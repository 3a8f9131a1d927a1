"""The steps of a pipeline that uses what the repository uses."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from fnmatch import fnmatch
from itertools import dropwhile, takewhile
from pathlib import PurePosixPath

from ecluse.loop.plan.proposing import environments
from ecluse.loop.plan.proposing.locked import Note, tested
from ecluse.manifest.argv import argv_of
from ecluse.manifest.detect.facts import PACKAGE, Fact, Kind, every, first, values
from ecluse.manifest.detect.folders import inside
from ecluse.manifest.detect.testruns import ASSIGNED
from ecluse.model.app import Argv, Evidence, Step
from ecluse.model.ids import StepName

TEST = StepName("test")
JUNIT = "junit.xml"
REPORTS = "TEST-*.xml"
COVERAGE = "coverage.json"
TO_ITS_END = "--maxfail=0"
"""pytest goes on behind a failure, whatever its settings say (`addopts = -x`): a known one would hide the rest."""
REPORTING = "xmlrunner.extra.djangotestrunner.XMLTestRunner"
PATTERNS = ("test*.py", "*_test.py", "*_tests.py", "*.py")


def steps_of(facts: tuple[Fact, ...], note: Note, around: str = ".") -> tuple[Step, ...]:
    """Linters and type checkers that are configured, and the tests; each independent of the others.

    `around` is the folder in which the app runs.
    """
    return (*linters(facts, note), *suite(facts, note, around), *robot(facts, note), *others(facts, note))


def others(facts: tuple[Fact, ...], note: Note) -> Iterator[Step]:
    for step, fact in environments.steps(facts):
        note(f"steps.{step.name}.command", fact)
        yield step


def robot(facts: tuple[Fact, ...], note: Note) -> Iterator[Step]:
    """Robot Framework's suites: their exit code is the number of failures, so the report alone decides."""
    found = every(facts, Kind.ROBOT)
    if not found:
        return
    said = words_said(facts, "robot", ".")
    targets = () if any(not word.startswith("-") for word in said) else tuple(fact.value for fact in found)
    note("steps.robot.command", found[0])
    quiet = ("--nostatusrc", "--output", "NONE", "--log", "NONE", "--report", "NONE", "--xunit", JUNIT)
    yield Step(
        name=StepName("robot"), command=("python", "-m", "robot", *quiet, *said, *targets), group="test",
        evidence=Evidence(junit=JUNIT),
    )  # fmt: skip


def linters(facts: tuple[Fact, ...], note: Note) -> Iterator[Step]:
    """One step for each tool; one that is configured in several folders has the folder in its name."""
    found = every(facts, Kind.LINTER)
    for fact in found:
        alone = sum(other.label == fact.label for other in found) == 1
        name = fact.label if alone else f"{fact.label}-{re.sub('[^a-z0-9_-]+', '-', fact.folder.lower())}"
        note(f"steps.{name}.command", fact)
        yield Step(name=StepName(name), command=tuple(fact.value.split()), group="check", folder=fact.folder)


def suite(facts: tuple[Fact, ...], note: Note, around: str) -> Iterator[Step]:
    runner = first(facts, Kind.RUNNER)
    if runner is None or not tested(facts):
        return
    measured = bool(every(facts, Kind.COVERAGE))
    folder = runs_in(facts, runner, around)
    note("steps.test.command", runner)
    if measured:
        note("steps.test.coverage", first(facts, Kind.COVERAGE))
    yield Step(
        name=TEST,
        command=command(facts, runner.value, folder, measured=measured),
        group="test",
        folder=folder,
        env={
            **imports(folder, around),
            **env_said(facts, runner.value, folder),
            **django_settings(facts, runner.value, note),
        },
        evidence=Evidence(junit=REPORTS if runner.value == "django" else JUNIT, coverage=COVERAGE if measured else ""),
    )


def command(facts: tuple[Fact, ...], runner: str, folder: str, *, measured: bool) -> Argv:
    """The suite run so that it leaves a JUnit report, with what the repository itself says to run."""
    said = words_said(facts, runner, folder)
    if runner == "unittest":
        chosen = said or ("discover", *start(facts, folder))
        words = ("-m", "xmlrunner", *chosen, "--output-file", JUNIT)
        return measuring(words) if measured else ("python", *words)
    if runner == "django":
        words = (*manage(facts, folder), "test", "--noinput", f"--testrunner={REPORTING}", *settings(facts), *said)
        return measuring(words) if measured else ("python", *words)
    report = (f"--junitxml={JUNIT}", TO_ITS_END, *(("--cov", f"--cov-report=json:{COVERAGE}") if measured else ()))
    targets = () if any(not word.startswith("-") for word in said) else pytest_targets(facts, folder)
    return ("python", "-m", "pytest", *report, *said, *targets)


def words_said(facts: tuple[Fact, ...], runner: str, folder: str) -> Argv:
    """What the repository says behind the runner's name, where that is said in the folder in which it runs."""
    return tuple(dropwhile(ASSIGNED.fullmatch, line_said(facts, runner, folder)))


def env_said(facts: tuple[Fact, ...], runner: str, folder: str) -> dict[str, str]:
    """The variables that stand before it."""
    found = (word.partition("=") for word in takewhile(ASSIGNED.fullmatch, line_said(facts, runner, folder)))
    return {name: value for name, _, value in found}


def line_said(facts: tuple[Fact, ...], runner: str, folder: str) -> Argv:
    run = next((fact for fact in every(facts, Kind.TEST_RUN) if fact.label == runner and fact.folder == folder), None)
    return tuple(shlex.split(run.value)) if run else ()


def manage(facts: tuple[Fact, ...], folder: str) -> Argv:
    """The project's own manage.py, which may set up more than its settings."""
    found = inside(folder, "manage.py")
    return ("manage.py",) if any(fact.file == found for fact in every(facts, Kind.MIGRATE)) else ("-m", "django")


def settings(facts: tuple[Fact, ...]) -> Argv:
    """Those that the repository tests with, else those that it runs with."""
    found = (*values(facts, Kind.TEST_SETTINGS), *values(facts, Kind.SETTINGS))
    return (f"--settings={found[0]}",) if found else ()


def django_settings(facts: tuple[Fact, ...], runner: str, note: Note) -> dict[str, str]:
    """pytest-django reads pytest's own configuration; what tox, make and CI say it has to be told."""
    fact = first(facts, Kind.TEST_SETTINGS)
    if fact is None:
        return {}
    note("steps.test.env" if runner == "pytest" else "steps.test.command", fact)
    return {"DJANGO_SETTINGS_MODULE": fact.value} if runner == "pytest" else {}


def measuring(words: Argv) -> Argv:
    """The suite under coverage.py, which needs a second command for its report.

    The report is made of a failing suite too: some failures may be known. What is covered is the gate's to judge, so
    coverage.py isn't asked to.
    """
    report = f"python -m coverage json -o {COVERAGE} --fail-under=0"
    return argv_of(f"failed=0; python -m coverage run {shlex.join(words)} || failed=$?; {report}; exit $failed")


def start(facts: tuple[Fact, ...], folder: str) -> tuple[str, ...]:
    """Where unittest begins. A folder that is no package can't be imported from above it, so it is its own top."""
    found = next((path for path in tests_in(facts, folder) if not path.endswith(".py")), "")
    packages = {fact.value for fact in every(facts, Kind.TESTS) if fact.label == PACKAGE}
    top = ("-t", ".") if str(PurePosixPath(folder) / found) in packages else ()
    return (*(("-s", found, *top) if found else ()), *pattern(facts))


def pattern(facts: tuple[Fact, ...]) -> Argv:
    """Which files hold tests, where unittest wouldn't find them."""
    names = {PurePosixPath(fact.file).name for fact in every(facts, Kind.TEST_FILE)}
    usual = next((glob for glob in PATTERNS if all(fnmatch(name, glob) for name in names)), PATTERNS[-1])
    return () if usual == PATTERNS[0] else ("-p", usual)


def pytest_targets(facts: tuple[Fact, ...], folder: str) -> tuple[str, ...]:
    """The tests' own folder where there is one beside the code, else what pytest's settings say."""
    return tuple(path for path in tests_in(facts, folder) if path in {"tests", "test"})[:1]


def tests_in(facts: tuple[Fact, ...], folder: str) -> tuple[str, ...]:
    """The tests below a folder, as they are called there."""
    found = values(facts, Kind.TESTS)
    return found if folder == "." else tuple(path.removeprefix(f"{folder}/") for path in found
                                             if path.startswith(f"{folder}/"))  # fmt: skip


def runs_in(facts: tuple[Fact, ...], runner: Fact, around: str) -> str:
    """Where the suite's settings lie; without any, the app's own folder if all tests are there."""
    settings = first(facts, Kind.SETTINGS)
    if runner.value == "django" and settings:
        return settings.folder
    below = len(tests_in(facts, around)) == len(values(facts, Kind.TESTS))
    return around if runner.folder == "." and below else runner.folder


def imports(folder: str, around: str) -> dict[str, str]:
    """Tests that run at the root import what the app imports from its own folder."""
    return {"PYTHONPATH": around} if folder == "." and around != "." else {}


def coverage_wanted(facts: tuple[Fact, ...]) -> float | None:
    """The threshold that the repository sets itself."""
    wanted = next((value for value in values(facts, Kind.COVERAGE) if value), "")
    return float(wanted) if wanted and first(facts, Kind.RUNNER) else None
