"""Which Python is wanted, where packaging metadata doesn't say (what it says, the resolver reads itself)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from ecluse.manifest.detect.facts import GUESS, LIKELY, Fact, Kind
from ecluse.manifest.detect.tree import Tree

PLACES: tuple[tuple[str, str, float], ...] = (
    ("runtime.txt", r"python-(\d\.\d{1,2})\b", LIKELY),
    ("Pipfile", r"python_version\s*=\s*[\"'](\d\.\d{1,2})\b", LIKELY),
    ("Dockerfile", r"(?im)^FROM\s+(?:\S+/)?python:(\d\.\d{1,2})\b", GUESS),
)
"""File, pattern whose first group is the version, confidence."""


def read(tree: Tree) -> Iterator[Fact]:
    for file, pattern, confidence in PLACES:
        if match := re.search(pattern, tree.text(file)):
            line = tree.text(file).count("\n", 0, match.start(1)) + 1
            yield Fact(kind=Kind.PYTHON, value=match.group(1), file=file, line=line, confidence=confidence)
    if ".python-version" not in tree:
        yield from beside(tree)


def beside(tree: Tree) -> Iterator[Fact]:
    """The version files of folders, each for what runs there; the resolver reads only that of the root."""
    for file in tree.named(".python-version"):
        if match := re.match(r"\s*(?:[a-z]+-)?(3\.\d{1,2})\b", tree.text(file)):
            yield Fact(kind=Kind.PYTHON, value=match.group(1), file=file, line=1, confidence=LIKELY,
                       folder=str(PurePosixPath(file).parent))  # fmt: skip
