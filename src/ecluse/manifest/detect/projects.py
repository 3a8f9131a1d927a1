"""Projects below the root: a backend beside a front end, a member of a workspace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from ecluse.manifest.detect import packaging
from ecluse.manifest.detect.facts import SURE, Fact, Kind
from ecluse.manifest.detect.tree import Tree, aside

DEEPEST = 3
"""Folders deep; what lies deeper is a part of something."""
METADATA = ("pyproject.toml", "Pipfile", "setup.py", "setup.cfg")


def read(tree: Tree) -> Iterator[Fact]:
    """Each such folder, then what it says, `folder` being its own."""
    for folder, file in folders(tree):
        yield Fact(kind=Kind.PROJECT, value=folder, file=f"{folder}/{file}", folder=folder, confidence=SURE)
        for fact in packaging.read(tree.below(folder)):
            yield replace(fact, file=f"{folder}/{fact.file}", folder=folder)


def folders(tree: Tree) -> Iterator[tuple[str, str]]:
    """Each folder with the first file of its that declares a project; those nearest to the root first."""
    known: set[str] = set()
    for name in METADATA:
        for path in tree.named(name):
            folder = str(PurePosixPath(path).parent)
            if folder == "." or folder in known or folder.count("/") >= DEEPEST or aside(f"{folder}/x.py"):
                continue
            if declares(tree.below(folder)):
                known.add(folder)
                yield folder, name


def declares(tree: Tree) -> bool:
    """Whether the root of `tree` declares a project; a pyproject.toml with settings of tools alone doesn't."""
    file = "pyproject.toml"
    named = tree.table(file, "project") or tree.table(file, "tool", "poetry")
    return bool(named) or "Pipfile" in tree or any(fact.kind is Kind.DEPENDENCY or fact.kind is Kind.NAME
                                                   for fact in packaging.read(tree))  # fmt: skip
