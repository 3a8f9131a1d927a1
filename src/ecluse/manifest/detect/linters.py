"""Linters and type checkers, only those that the repository configures."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.manifest.detect.facts import LIKELY, Fact, Kind
from ecluse.manifest.detect.tree import Tree

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


def read(tree: Tree) -> Iterator[Fact]:
    seen: set[str] = set()
    for tool, command, file, needle in PLACES:
        if tool in seen or file not in tree or (needle and not tree.line(file, needle)):
            continue
        seen.add(tool)
        yield Fact(kind=Kind.LINTER, value=" ".join([command, *targets(tree, tool, file)]), file=file,
                   line=tree.line(file, needle or "["), confidence=LIKELY, label=tool)  # fmt: skip


def targets(tree: Tree, tool: str, file: str) -> list[str]:
    """What a tool must be told to read. Pylint's configuration can't say it, mypy's may."""
    if tool not in {"pylint", "mypy"} or (tool == "mypy" and told(tree, file)):
        return []
    return packages(tree) or (["--recursive=y", "."] if tool == "pylint" else ["."])


def told(tree: Tree, file: str) -> bool:
    """Whether mypy's configuration says what to read."""
    keys = ("files", "packages", "modules")
    if file.endswith(".toml"):
        return not tree.table(file, "tool", "mypy").keys().isdisjoint(keys)
    return any(tree.ini(file).has_option("mypy", key) for key in keys)


def packages(tree: Tree) -> list[str]:
    """The import packages at the root or in `src`."""
    found = []
    for path in tree.named("__init__.py"):
        *folders, _ = path.split("/")
        if len(folders) == 1 or (len(folders) == 2 and folders[0] == "src"):  # noqa: PLR2004
            found.append("/".join(folders))
    return [folder for folder in found if folder not in {"tests", "test", "docs"}]
