"""How a repository checks itself elsewhere: what CI, tox, nox and make run, and on which Pythons."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator

from ecluse.manifest.detect import shell
from ecluse.manifest.detect.facts import GUESS, LIKELY, SURE, Fact, Kind
from ecluse.manifest.detect.ini import entries
from ecluse.manifest.detect.nodes import Node
from ecluse.manifest.detect.tree import Tree
from ecluse.manifest.syntax import Function, Module, argument, literal, name_of, text_of

RUNNERS = frozenset(
    ("pytest", "py.test", "unittest", "nose2", "nosetests", "trial", "stestr", "behave", "robot", "pabot", "green",
     "tox", "nox", "ward")
)  # fmt: skip
VERSION = re.compile(r"(?<![\d.])(3\.\d{1,2})(?!\d)")
WORKFLOWS = (".github/workflows/", ".forgejo/workflows/", ".gitea/workflows/")
CI_FILES = (
    ".gitlab-ci.yml", ".travis.yml", ".circleci/config.yml", "azure-pipelines.yml", ".woodpecker.yml", ".drone.yml",
    "bitbucket-pipelines.yml", "appveyor.yml", ".appveyor.yml", ".cirrus.yml",
)  # fmt: skip
SCRIPTS = frozenset(("run", "script", "command", "commands", "test_script", "before_script", "bash", "sh"))
VERSIONS = frozenset(("python-version", "python-versions", "python_version", "python", "py", "versionSpec", "image"))


def read(tree: Tree) -> Iterator[Fact]:
    yield from in_ci(tree)
    yield from in_tox(tree)
    yield from in_nox(tree)
    yield from in_make(tree)


def in_ci(tree: Tree) -> Iterator[Fact]:
    files = [path for path in tree.paths if path.startswith(WORKFLOWS) and path.endswith((".yml", ".yaml"))]
    for file in (*files, *CI_FILES):
        for name, node in tree.yaml(file).walk():
            for each in node.members() or [node]:
                if name in VERSIONS:
                    yield from versions(file, each)
                elif name in SCRIPTS:
                    yield from checks_in(each.text, file, each.line, LIKELY, "")


def versions(file: str, node: Node) -> Iterator[Fact]:
    for version in VERSION.findall(node.text):
        yield Fact(kind=Kind.TESTED_ON, value=version, file=file, line=node.line, confidence=LIKELY)


def checks_in(text: str, file: str, line: int, confidence: float, label: str) -> Iterator[Fact]:
    """The commands of a script that run tests, with the variables that are set for them."""
    for command in shell.commands(text):
        words = command.words[2:] if command.words[:2] == ("python", "-m") else command.words
        is_django = "manage.py" in " ".join(command.words[:2]) and "test" in command.words
        if is_django or words[0].rpartition("/")[2] in RUNNERS:
            value = shlex.join(command.words)
            yield Fact(kind=Kind.TEST_COMMAND, value=value, file=file, line=line, confidence=confidence, label=label)


def in_tox(tree: Tree) -> Iterator[Fact]:
    file = "pyproject.toml"
    yield from of_tox(tree.text("tox.ini"), "tox.ini", 0, "")
    yield from of_tox(tree.text("setup.cfg"), "setup.cfg", 0, "tox:")
    table = tree.table(file, "tool", "tox")
    if isinstance(text := table.get("legacy_tox_ini"), str):
        yield from of_tox(text, file, tree.line(file, "legacy_tox_ini"), "")
    if isinstance(listed := table.get("env_list"), list):
        yield from factors(file, " ".join(map(str, listed)), tree.line(file, "env_list"))


def of_tox(text: str, file: str, above: int, prefix: str) -> Iterator[Fact]:
    """Its text, which begins below line `above`; `prefix` marks its sections among others."""
    for entry in entries(text):
        section, line = entry.section.removeprefix(prefix), above + entry.line
        if prefix and not entry.section.startswith(prefix):
            continue
        if section == "tox" and entry.key in {"envlist", "env_list"}:
            yield from factors(file, entry.value, line)
        elif section.startswith("testenv") and entry.key == "commands":
            script = re.sub(r"\{posargs:?([^}]*)\}", r"\1", entry.value)
            yield from checks_in(script, file, line, LIKELY, section.partition(":")[2])


def factors(file: str, text: str, line: int) -> Iterator[Fact]:
    """`py{38,311}`, `py3.12`, `py39-django4`"""
    for group in re.findall(r"py\{([^}]*)\}", text):
        text += " " + " ".join(f"py{part.strip()}" for part in group.split(","))
    for minor in dict.fromkeys(re.findall(r"\bpy3\.?(\d{1,2})\b", text)):
        yield Fact(kind=Kind.TESTED_ON, value=f"3.{minor}", file=file, line=line, confidence=LIKELY)


def in_nox(tree: Tree) -> Iterator[Fact]:
    module = tree.module("noxfile.py")
    for function in module.functions() if module else ():
        if module is not None:
            yield from of_session(module, function)


def of_session(module: Module, function: Function) -> Iterator[Fact]:
    marks = [each for each in function.decorator_list if name_of(getattr(each, "func", each)).endswith("session")]
    for mark in marks:
        if isinstance(mark, ast.Call):
            yield from pythons_of(module, argument(mark, 99, "python"))
    for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
        words = [text_of(each) for each in call.args if text_of(each)]
        if marks and words and name_of(call.func).endswith("session.run"):
            yield from checks_in(shlex.join(words), module.path, call.lineno, LIKELY, function.name)


def pythons_of(module: Module, value: ast.expr | None) -> Iterator[Fact]:
    given = module.literal(name_of(value)) if name_of(value) else literal(value)
    line = getattr(value, "lineno", 0)
    for version in VERSION.findall(repr(given)):
        yield Fact(kind=Kind.TESTED_ON, value=version, file=module.path, line=line, confidence=LIKELY)


def in_make(tree: Tree) -> Iterator[Fact]:
    """Recipes of targets that are called like tests; `label` is the target."""
    for file in ("Makefile", "makefile", "GNUmakefile", "justfile", "Justfile"):
        target = ""
        for number, line in enumerate(tree.text(file).splitlines(), 1):
            if match := re.match(r"([A-Za-z0-9_.-]+)[^=]*:(?!=)", line):
                target = match.group(1)
            elif line[:1].isspace() and target in {"test", "tests", "check", "pytest", "unittest", "unit", "ci"}:
                confidence = SURE - 0.1 if target.startswith("test") else GUESS + 0.2
                yield from checks_in(line.strip().lstrip("@-"), file, number, confidence, target)
