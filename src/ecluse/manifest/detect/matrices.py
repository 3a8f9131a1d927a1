"""On which Pythons a repository is tested elsewhere: what CI, tox and nox list."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ecluse.manifest.detect.facts import LIKELY, Fact, Kind
from ecluse.manifest.detect.ini import entries
from ecluse.manifest.detect.tree import Tree
from ecluse.manifest.syntax import Module, argument, literal, name_of

VERSION = re.compile(r"(?<![\d.])(3\.\d{1,2})(?!\d)")
WORKFLOWS = (".github/workflows/", ".forgejo/workflows/", ".gitea/workflows/")
CI_FILES = (
    ".gitlab-ci.yml", ".travis.yml", ".circleci/config.yml", "azure-pipelines.yml", ".woodpecker.yml", ".drone.yml",
    "bitbucket-pipelines.yml", "appveyor.yml", ".appveyor.yml", ".cirrus.yml",
)  # fmt: skip
VERSIONS = frozenset(("python-version", "python-versions", "python_version", "python", "py", "versionSpec", "image"))
"""Keys of CI files that hold versions, or the name of an image with one."""


def read(tree: Tree) -> Iterator[Fact]:
    yield from in_ci(tree)
    yield from in_tox(tree)
    yield from in_nox(tree)


def in_ci(tree: Tree) -> Iterator[Fact]:
    files = [path for path in tree.paths if path.startswith(WORKFLOWS) and path.endswith((".yml", ".yaml"))]
    for file in (*files, *CI_FILES):
        for name, node in tree.yaml(file).walk():
            for each in (node.members() or [node]) if name in VERSIONS else ():
                for version in VERSION.findall(each.text):
                    yield tested(version, file, each.line)


def tested(version: str, file: str, line: int) -> Fact:
    return Fact(kind=Kind.TESTED_ON, value=version, file=file, line=line, confidence=LIKELY)


def in_tox(tree: Tree) -> Iterator[Fact]:
    file = "pyproject.toml"
    yield from of_tox(tree.text("tox.ini"), "tox.ini", 0, "tox")
    yield from of_tox(tree.text("setup.cfg"), "setup.cfg", 0, "tox:tox")
    table = tree.table(file, "tool", "tox")
    if isinstance(text := table.get("legacy_tox_ini"), str):
        yield from of_tox(text, file, tree.line(file, "legacy_tox_ini"), "tox")
    if isinstance(listed := table.get("env_list"), list):
        yield from factors(file, " ".join(map(str, listed)), tree.line(file, "env_list"))


def of_tox(text: str, file: str, above: int, section: str) -> Iterator[Fact]:
    """Its text, which begins below line `above`."""
    for entry in entries(text):
        if entry.section == section and entry.key in {"envlist", "env_list"}:
            yield from factors(file, entry.value, above + entry.line)


def factors(file: str, text: str, line: int) -> Iterator[Fact]:
    """`py{38,311}`, `py3.12`, `py39-django4`"""
    inner = (part.strip() for group in re.findall(r"py\{([^}]*)\}", text) for part in group.split(","))
    listed = " ".join((text, *(f"py{part}" for part in inner)))
    for minor in dict.fromkeys(re.findall(r"\bpy3\.?(\d{1,2})\b", listed)):
        yield tested(f"3.{minor}", file, line)


def in_nox(tree: Tree) -> Iterator[Fact]:
    module = tree.module("noxfile.py")
    for function in module.functions() if module else ():
        for mark in function.decorator_list:
            if module and isinstance(mark, ast.Call) and name_of(mark.func).endswith("session"):
                yield from of_session(module, argument(mark, 99, "python"))


def of_session(module: Module, value: ast.expr | None) -> Iterator[Fact]:
    given = module.literal(name_of(value)) if name_of(value) else literal(value)
    for version in VERSION.findall(repr(given)):
        yield tested(version, module.path, getattr(value, "lineno", 0))
