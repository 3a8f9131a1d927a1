"""What a Dockerfile says of an app: how it starts, what is installed, and which page shows that it is well."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from ecluse.manifest.detect import commandline, dockerfile, requirements
from ecluse.manifest.detect.commandline import Line
from ecluse.manifest.detect.dockerfile import Instructions, instructions
from ecluse.manifest.detect.facts import LIKELY, SURE, Fact, Kind
from ecluse.manifest.detect.folders import below
from ecluse.manifest.detect.tree import Tree

INSTALL = re.compile(r"(?:-r|--requirement)[ =]?\s*[\"']?([^\s\"',]+)")
URL = re.compile(r"https?://[^/\s\"']+(/[^\s\"'?#)|;]*)?")


def read(tree: Tree) -> Iterator[Fact]:
    for number, file in enumerate(dockerfile.files(tree)):
        yield from of_file(tree, file, min(number, 6) * 0.05)


def of_file(tree: Tree, file: str, less: float) -> Iterator[Fact]:
    found = instructions(tree, file)
    if started := dockerfile.started(found):
        line, command = started
        where = Line(file=file, line=line, confidence=LIKELY - less, is_all=True,
                     around=tuple(dockerfile.folders(found)), known=dict(dockerfile.variables(found)),
                     beside=str(PurePosixPath(file).parent))  # fmt: skip
        yield from commandline.serving(tree, command, where)
    for line, name, rest in found:
        if name == "RUN":
            for path in installed(tree, found, rest):
                yield Fact(kind=Kind.REQUIREMENTS, value=path, file=file, line=line, confidence=SURE + 0.05 - less)
                for number, package in requirements.listed(tree, path):
                    yield Fact(kind=Kind.DEPENDENCY, value=package, file=path, line=number, confidence=SURE - less)
        elif name == "HEALTHCHECK" and (match := URL.search(rest)):
            yield Fact(kind=Kind.ROUTE, value=match.group(1) or "/", file=file, line=line, confidence=SURE)


def installed(tree: Tree, found: Instructions, rest: str) -> Iterator[str]:
    """The requirements files for running that a RUN installs, as they are called in the repository."""
    copied = dict(pair for _, name, words in found if name in {"COPY", "ADD"} for pair in copies(words.split()))
    for match in INSTALL.finditer(rest) if "install" in rest else ():
        given = copied.get(match.group(1), match.group(1))
        path = next((path for path in below(given) if path in tree), "")
        if path and requirements.purpose(path)[0] is not Kind.TEST_REQUIREMENTS:
            yield path


def copies(words: list[str]) -> Iterator[tuple[str, str]]:
    """Where a file came from, by where it went."""
    if len(words) > 1:
        yield words[-1], words[-2]
