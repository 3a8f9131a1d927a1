"""Requirements files: which one runs the app, which one its tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from ecluse.manifest.detect.facts import GUESS, LIKELY, SURE, Fact, Kind
from ecluse.manifest.detect.packaging import packages
from ecluse.manifest.detect.tree import Tree
from ecluse.model.inclusion import included

RUN = ("local", "base", "common", "main", "app", "prod", "production", "requirements")
"""Names in a `requirements/` folder, the lightest that still runs first."""

TESTS = ("test", "tests", "testing", "dev", "develop", "development", "ci")


def read(tree: Tree) -> Iterator[Fact]:
    for path in tree.named("*.txt"):
        kind, confidence = purpose(path)
        if kind is None:
            continue
        yield Fact(kind=kind, value=path, file=path, confidence=confidence, folder=str(PurePosixPath(path).parent))
        names = Kind.DEPENDENCY if kind is Kind.REQUIREMENTS else Kind.TEST_LISTED
        for line, requirement in listed(tree, path):
            yield Fact(kind=names, value=requirement, file=path, line=line, confidence=confidence)
    for number, requirement in tox_dependencies(tree):
        yield Fact(kind=Kind.TEST_DEPENDENCY, value=requirement, file="tox.ini", line=number, confidence=LIKELY)


def purpose(path: str) -> tuple[Kind | None, float]:
    """What a text file's name says it is for, and how sure that is; files far from the root are less likely."""
    *folders, name = path.removesuffix(".txt").split("/")
    words = [word for word in re.split(r"[-_.]", name.lower()) if word]
    in_folder = folders[-1:] == ["requirements"]
    if not in_folder and not {"requirements", "requirement", "reqs"} & set(words):
        return None, 0.0
    depth = len(folders) - in_folder
    if depth > 1:
        return None, 0.0
    wanted = next((index for index, word in enumerate(TESTS) if word in words), None)
    if wanted is not None:
        return Kind.TEST_REQUIREMENTS, SURE - depth / 10 - wanted / 20
    if in_folder:
        return (Kind.REQUIREMENTS, LIKELY - RUN.index(name) / 20) if name in RUN else (None, 0.0)
    return (Kind.REQUIREMENTS, SURE - depth / 5) if words == ["requirements"] else (Kind.REQUIREMENTS, GUESS)


def listed(tree: Tree, path: str, seen: frozenset[str] = frozenset()) -> Iterator[tuple[int, str]]:
    """The packages of a file and of those that it includes by `-r`."""
    for number, text in enumerate(tree.text(path).splitlines(), 1):
        line = text.strip()
        if beside := included(line, constraints=False):
            other = str(PurePosixPath(path).parent / beside).removeprefix("./")
            if other not in seen:
                yield from ((number, name) for _, name in listed(tree, other, seen | {path, other}))
        else:
            yield from ((number, name) for name in packages(line))


def tox_dependencies(tree: Tree) -> Iterator[tuple[int, str]]:
    """Plain requirements of tox's default environment; those with factors or substitutions are left out."""
    deps = tree.ini("tox.ini").get("testenv", "deps", fallback="")
    for line in (line.strip() for line in deps.splitlines()):
        if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._\[\],-]*\s*([<>=!~]=?[^:{}]*)?", line):
            yield tree.line("tox.ini", line), line
