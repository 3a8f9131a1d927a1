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

WANTS_TARGETS = {"pylint", "mypy"}
"""They must be told what to read, unless their configuration does."""


def read(tree: Tree) -> Iterator[Fact]:
    seen: set[str] = set()
    for tool, command, file, needle in PLACES:
        if tool in seen or file not in tree or (needle and not tree.line(file, needle)):
            continue
        seen.add(tool)
        targets = "" if tool not in WANTS_TARGETS or told(tree, file) else " " + " ".join(packages(tree))
        yield Fact(kind=Kind.LINTER, value=(command + targets).strip(), file=file, line=tree.line(file, needle or "["),
                   confidence=LIKELY, label=tool)  # fmt: skip


def told(tree: Tree, file: str) -> bool:
    """Whether mypy's configuration says what to read."""
    keys = ("files", "packages", "modules")
    if file == "pyproject.toml":
        return any(key in tree.toml(file)["tool"]["mypy"] for key in keys)
    return any(tree.ini(file).has_option("mypy", key) for key in keys)


def packages(tree: Tree) -> list[str]:
    """The import packages at the root or in `src`, else the whole tree."""
    found = []
    for path in tree.named("__init__.py"):
        *folders, _ = path.split("/")
        if len(folders) == 1 or (len(folders) == 2 and folders[0] == "src"):  # noqa: PLR2004
            found.append("/".join(folders))
    return [folder for folder in found if folder not in {"tests", "test", "docs"}] or ["."]
