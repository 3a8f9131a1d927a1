"""Environments of tox and sessions of nox as steps, where they add something to what is run already. Pure.

Each makes an environment of its own, which isn't the locked one; so only what can't be run there is left to them.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import groupby

from ecluse.loop.test.stopping import ends_after
from ecluse.manifest.argv import SHELL, argv_of
from ecluse.manifest.detect.facts import Fact, Kind, every, first
from ecluse.manifest.detect.testruns import Run, program, runs
from ecluse.model.app import Argv, Evidence, Step
from ecluse.model.ids import StepName

JUNIT = "junit.xml"
CHECKS = frozenset(
    ("flake8", "pylint", "mypy", "pyright", "basedpyright", "pytype", "ruff", "bandit", "codespell", "pydocstyle",
     "pycodestyle", "pyflakes", "vulture", "djlint", "yamllint", "interrogate", "doc8", "black", "isort", "ty")
)  # fmt: skip
"""Programs that read code and say no."""
FORMATTERS = frozenset(("black", "isort"))
ASKS = frozenset(("--check", "--check-only", "-c", "--diff"))
"""Without one of these a formatter changes the code, and is content."""
MOST = 4
"""Environments that become steps: each costs an installation."""


def adding(facts: tuple[Fact, ...]) -> tuple[tuple[Fact, ...], ...]:
    """The commands of each environment that runs what no other step does."""
    listed = [fact for fact in facts if fact.kind is Kind.TEST_ENVIRONMENT and ":" in fact.label]
    together = groupby(sorted(listed, key=lambda fact: (fact.label, fact.line)), key=lambda fact: fact.label)
    found = [tuple(commands) for _, commands in together]
    return tuple(commands for commands in found if any(adds(fact.value, facts) for fact in commands))[:MOST]


def steps(facts: tuple[Fact, ...]) -> Iterator[tuple[Step, Fact]]:
    """Each with the fact that it comes from. One that runs pytest leaves its report; others have their exit code, and
    so has pytest where it is ended at a failure: a known one would pass for all that comes behind it."""
    for commands in adding(facts):
        tool, _, name = commands[0].label.partition(":")
        tests = any(run.runner == "pytest" for fact in commands for run in runs(fact.value))
        reports = tests and not any(ends_after((*SHELL, fact.value)) for fact in commands)
        step = Step(
            name=StepName(f"{tool}-{re.sub('[^a-z0-9_-]+', '-', name.lower())}"),
            command=reporting(tool, name, commands[0].file) if reports else plain(tool, name),
            group="test" if tests else "check",
            evidence=Evidence(junit=JUNIT if reports else ""),
        )
        yield step, commands[0]


def plain(tool: str, name: str) -> Argv:
    """An interpreter that is missing is a failure: what is skipped didn't pass."""
    if tool == "nox":
        return ("nox", "--error-on-missing-interpreters", "-s", name)
    return ("tox", "run", "--skip-missing-interpreters", "false", "-e", name)


def reporting(tool: str, name: str, file: str) -> Argv:
    """pytest's report, wherever it is started in there; tox lets no variable in that it isn't told to."""
    section = f"testenv:{name}" if file.endswith((".ini", ".cfg")) else f"env.{name}"
    let_in = ("-x", f"{section}.pass_env+=PYTEST_ADDOPTS") if tool == "tox" else ()
    return argv_of(f'PYTEST_ADDOPTS="--junitxml=$PWD/{JUNIT} --maxfail=0" {shlex.join((*plain(tool, name), *let_in))}')


def adds(text: str, facts: tuple[Fact, ...]) -> bool:
    found = tuple(runs(text))
    return any(other_tests(run, facts) for run in found) if found else checks(text, facts)


def other_tests(run: Run, facts: tuple[Fact, ...]) -> bool:
    """Tests of a runner that no step has, or those that the suite's own command leaves out."""
    main = first(facts, Kind.RUNNER)
    if main is None or run.runner not in {main.value, "robot"}:
        return run.runner != "robot" or first(facts, Kind.ROBOT) is None
    said = next((fact.value for fact in every(facts, Kind.TEST_RUN) if fact.label == run.runner), "")
    return bool(chosen(shlex.split(said))) and not chosen(run.words) <= chosen(shlex.split(said))


def chosen(words: Argv | list[str]) -> frozenset[str]:
    """The paths that a command names, and what it says of marks and names."""
    marks = {words[index + 1] for index, word in enumerate(words[:-1]) if word in {"-m", "-k"}}
    paths = {word.rstrip("/") for word in words if not word.startswith("-") and ("/" in word or "." in word)}
    return frozenset(paths | marks)


def checks(text: str, facts: tuple[Fact, ...]) -> bool:
    """A tool that says no and isn't a step of its own."""
    tool, *rest = program(text) or [""]
    known = {fact.label for fact in every(facts, Kind.LINTER)}
    asks = tool not in FORMATTERS or not ASKS.isdisjoint(rest)
    return tool in CHECKS - known and asks and not (tool == "ruff" and rest[:1] == ["format"] and ASKS.isdisjoint(rest))
