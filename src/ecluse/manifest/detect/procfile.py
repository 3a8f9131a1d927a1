"""A Procfile: `web`, `release`, and everything else that runs beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ecluse.manifest.detect import commandline
from ecluse.manifest.detect.commandline import Line
from ecluse.manifest.detect.facts import SURE, Fact, Kind
from ecluse.manifest.detect.tree import Tree

FILES = ("Procfile.dev", "Procfile")
"""For a first environment on this machine the development one is surer."""


def read(tree: Tree) -> Iterator[Fact]:
    for rank, file in enumerate(FILES):
        for number, text in enumerate(tree.text(file).splitlines(), 1):
            if match := re.match(r"([A-Za-z0-9_-]+):\s*(.+?)\s*$", text):
                yield from line(tree, file, number, match.group(1), match.group(2), SURE - rank / 20)


def line(tree: Tree, file: str, number: int, name: str, command: str, confidence: float) -> Iterator[Fact]:
    if name == "web":
        yield from commandline.serving(tree, command, Line(file=file, line=number, confidence=confidence))
    elif name == "release":
        yield Fact(kind=Kind.RELEASE, value=command, file=file, line=number, confidence=confidence)
    else:
        yield Fact(kind=Kind.WORKER, value=command, file=file, line=number, confidence=confidence, label=name)
