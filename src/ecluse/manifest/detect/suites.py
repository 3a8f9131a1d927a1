"""How the repository tests itself: the runner, where the tests are, whether coverage is measured."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from ecluse.manifest.detect import testruns
from ecluse.manifest.detect.facts import GUESS, LIKELY, PACKAGE, SURE, Fact, Kind
from ecluse.manifest.detect.tree import Tree

PYTEST_PLACES = (("pyproject.toml", "[tool.pytest"), ("pytest.ini", "[pytest]"), ("setup.cfg", "[tool:pytest]"),
                 ("tox.ini", "[pytest]"))  # fmt: skip
COVERAGE_PLACES = (("pyproject.toml", "[tool.coverage"), (".coveragerc", "["), ("setup.cfg", "[coverage:"),
                   ("tox.ini", "[coverage:"))  # fmt: skip
DEEPEST = 2
"""Folders below the root in which settings for the whole suite may lie."""
NOT_OURS = frozenset(("node_modules", "vendor", "vendored", "_vendor", "site-packages", "third_party"))


CASE = re.compile(r"(?m)^class \w+\([\w., ]*TestCase\b[\w., ]*\):")
"""unittest and Django run these whatever their file is called."""


def read(tree: Tree) -> Iterator[Fact]:
    yield from robot(tree)
    files = list(test_files(tree))
    if not files:
        return
    yield from places(tree, files)
    for path in files:
        yield Fact(kind=Kind.TEST_FILE, value=path, file=path)
    yield from runners(tree, files)
    yield from coverage(tree)


def test_files(tree: Tree) -> Iterator[str]:
    for path in tree.paths:
        *folders, name = path.split("/")
        if not NOT_OURS.isdisjoint(folders) or not name.endswith(".py"):
            continue
        in_tests = bool({"test", "tests"} & set(folders))
        usual = re.fullmatch(r"test_.*\.py|.*_tests?\.py|tests?\.py", name) or (in_tests and name.startswith("test"))
        if usual or (in_tests and is_case(tree.text(path))):
            yield path


def is_case(text: str) -> bool:
    return "TestCase" in text and CASE.search(text) is not None  # the word first: a pattern takes ten times as long


def robot(tree: Tree) -> Iterator[Fact]:
    """The topmost folders that hold Robot Framework's suites, or a suite in the root."""
    seen: set[str] = set()
    for path in tree.named("*.robot"):
        top = path.partition("/")[0]
        if NOT_OURS.isdisjoint(path.split("/")) and "*** Test Cases ***" in tree.text(path) and top not in seen:
            seen.add(top)
            folder = str(PurePosixPath(path).parent)
            yield Fact(kind=Kind.ROBOT, value=path if folder == "." else folder, file=path,
                       line=tree.line(path, "*** Test Cases ***"), confidence=SURE)  # fmt: skip


def places(tree: Tree, files: list[str]) -> Iterator[Fact]:
    """The topmost folder called tests of each file, or the file itself; a folder may be a package."""
    for path in files:
        parts = PurePosixPath(path).parts
        index = next((number for number, part in enumerate(parts[:-1]) if part in {"test", "tests"}), None)
        value = path if index is None else "/".join(parts[: index + 1])
        yield Fact(kind=Kind.TESTS, value=value, file=value, confidence=LIKELY if index is not None else GUESS,
                   label=PACKAGE if f"{value}/__init__.py" in tree else "")  # fmt: skip


def runners(tree: Tree, files: list[str]) -> Iterator[Fact]:
    yield from configured(tree)
    for run in testruns.read(tree):
        if run.kind is Kind.TEST_RUN and run.label in {"pytest", "unittest", "django"}:
            yield Fact(kind=Kind.RUNNER, value=run.label, file=run.file, line=run.line, confidence=run.confidence)
    for needle, runner, confidence in (
        ("pytest", "pytest", SURE),
        ("django.test", "django", LIKELY),
        ("unittest", "unittest", GUESS),
    ):
        path = next((path for path in files if imports(tree.text(path), needle)), None)
        if path is not None:
            yield Fact(kind=Kind.RUNNER, value=runner, file=path, line=tree.line(path, needle), confidence=confidence)
    for file in ("tox.ini", "Makefile", "setup.cfg", *tree.named("conftest.py")):
        if file.endswith("conftest.py") or re.search(r"\b(pytest|py\.test)\b", tree.text(file)):
            yield Fact(kind=Kind.RUNNER, value="pytest", file=file, line=tree.line(file, "pytest"),
                       confidence=SURE - 0.05)  # fmt: skip
            return
    yield from plain_functions(tree, files)


def configured(tree: Tree) -> Iterator[Fact]:
    """Where pytest's settings lie is where it runs; those nearest to the root are surer."""
    for name, needle in PYTEST_PLACES:
        for file in tree.named(name):
            depth, folder = file.count("/"), str(PurePosixPath(file).parent)
            if depth <= DEEPEST and NOT_OURS.isdisjoint(file.split("/")) and (line := tree.line(file, needle)):
                yield Fact(kind=Kind.RUNNER, value="pytest", file=file, line=line, folder=folder,
                           confidence=SURE + 0.05 - depth / 100)  # fmt: skip


def plain_functions(tree: Tree, files: list[str]) -> Iterator[Fact]:
    """`def test_…` outside of a class: nothing but pytest runs that."""
    for path in files:
        text = tree.text(path)
        if "def test_" in text and re.search(r"(?m)^(async )?def test_", text):
            yield Fact(kind=Kind.RUNNER, value="pytest", file=path, line=tree.line(path, "def test_"),
                       confidence=LIKELY)  # fmt: skip
            return


def imports(text: str, package: str) -> bool:
    line = rf"(?m)^\s*(import|from)\s+{re.escape(package)}\b"
    return package in text and re.search(line, text) is not None


def coverage(tree: Tree) -> Iterator[Fact]:
    for file, needle in COVERAGE_PLACES:
        if line := tree.line(file, needle):
            wanted = re.search(r"fail_under\s*=\s*(\d+(?:\.\d+)?)", tree.text(file))
            yield Fact(kind=Kind.COVERAGE, value=wanted.group(1) if wanted else "", file=file, line=line,
                       confidence=SURE if wanted else LIKELY)  # fmt: skip
