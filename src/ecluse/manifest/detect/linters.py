"""Linters and type checkers, only those that the repository configures, or that its Makefile or CI calls."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import chain
from pathlib import PurePosixPath

from ecluse.manifest.detect import testruns
from ecluse.manifest.detect.facts import LIKELY, Fact, Kind
from ecluse.manifest.detect.folders import inside
from ecluse.manifest.detect.tree import Tree, aside

PLACES: tuple[tuple[str, str, str, str], ...] = (
    ("ruff", "ruff check .", "pyproject.toml", "[tool.ruff"),
    ("ruff", "ruff check .", "ruff.toml", ""),
    ("ruff", "ruff check .", ".ruff.toml", ""),
    ("black", "black --check .", "pyproject.toml", "[tool.black"),
    ("flake8", "flake8", ".flake8", ""),
    ("flake8", "flake8", "setup.cfg", "[flake8]"),
    ("flake8", "flake8", "tox.ini", "[flake8]"),
    ("pylint", "pylint", ".pylintrc", ""),
    ("pylint", "pylint", "pylintrc", ""),
    ("pylint", "pylint", "pyproject.toml", "[tool.pylint"),
    ("mypy", "mypy", "mypy.ini", ""),
    ("mypy", "mypy", ".mypy.ini", ""),
    ("mypy", "mypy", "pyproject.toml", "[tool.mypy"),
    ("mypy", "mypy", "setup.cfg", "[mypy]"),
)
"""Tool, command, file, and the text in it that configures the tool (none: the file itself does)."""
CALLED = re.compile(r"(?:ruff check|flake8|mypy|pylint|black --check)(?: (?!--(?:fix|exit-zero|install))[\w./=*,:-]+)*")
"""Plain words, none of which changes a file, lets all pass, or fetches what isn't locked."""


def read(tree: Tree) -> Iterator[Fact]:
    """One fact for each tool at the root, which then reads everything; else one for each folder that configures it."""
    seen: set[tuple[str, str]] = set()
    for folder in (".", *parts(tree)):
        for tool, command, name, needle in PLACES:
            file = inside(folder, name)
            if {(tool, "."), (tool, folder)} & seen or file not in tree or (needle and not tree.line(file, needle)):
                continue
            seen.add((tool, folder))
            value = " ".join([command, *targets(tree, tool, file)])
            yield Fact(kind=Kind.LINTER, value=value, file=file, line=tree.line(file, needle or "["),
                       confidence=LIKELY, folder=folder, label=tool)  # fmt: skip
    yield from called(tree, {tool for tool, _ in seen})


def called(tree: Tree, known: set[str]) -> Iterator[Fact]:
    """What is called with a plain command line, of the tools that nothing configures."""
    for said in chain(testruns.makefile(tree), testruns.ci(tree)):
        is_plain = "$" not in said.value and "||" not in said.value
        for words, _ in testruns.programs(said.value) if is_plain else ():
            tool, line = PurePosixPath(words[0]).name, shlex.join([PurePosixPath(words[0]).name, *words[1:]])
            if tool not in known and CALLED.fullmatch(line):
                known.add(tool)
                yield Fact(kind=Kind.LINTER, value=line, file=said.file, line=said.line, confidence=LIKELY,
                           folder=said.folder, label=tool)  # fmt: skip


def parts(tree: Tree) -> tuple[str, ...]:
    """The topmost folders in which a part of the repository may be configured by itself."""
    return tuple(sorted({path.partition("/")[0] for path in tree.paths if "/" in path and not aside(path)}))


def targets(tree: Tree, tool: str, file: str) -> list[str]:
    """What a tool must be told to read. Pylint's configuration can't say it, mypy's may."""
    if tool not in {"pylint", "mypy"} or (tool == "mypy" and told(tree, file)):
        return []
    return packages(tree, str(PurePosixPath(file).parent)) or (["--recursive=y", "."] if tool == "pylint" else ["."])


def told(tree: Tree, file: str) -> bool:
    """Whether mypy's configuration says what to read."""
    keys = ("files", "packages", "modules")
    if file.endswith(".toml"):
        return not tree.table(file, "tool", "mypy").keys().isdisjoint(keys)
    return any(tree.ini(file).has_option("mypy", key) for key in keys)


def packages(tree: Tree, folder: str) -> list[str]:
    """The import packages in a folder or in its `src`, as they are called there."""
    found = []
    for path in tree.named("__init__.py"):
        if folder != "." and not path.startswith(f"{folder}/"):
            continue
        *folders, _ = path.removeprefix(f"{folder}/").split("/")
        if len(folders) == 1 or (len(folders) == 2 and folders[0] == "src"):  # noqa: PLR2004
            found.append("/".join(folders))
    return [folder for folder in found if folder not in {"tests", "test", "docs"}]
