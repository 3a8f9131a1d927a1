"""The repository as readers see it: paths, and text on demand."""

from __future__ import annotations

import ast
import configparser
import re
import tomllib
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from fnmatch import translate
from pathlib import PurePosixPath
from typing import Any, TypeVar

from ecluse.manifest.detect.nodes import Node, parsed
from ecluse.manifest.syntax import Module, understood
from ecluse.model.values import frozen

T = TypeVar("T")

ASIDE = frozenset(
    ("test", "tests", "testing", "docs", "doc", "example", "examples", "demo", "demos", "samples", "build", "dist",
     "vendor", "vendored", "_vendor", "third_party", "node_modules", "site-packages", "benchmarks", "bench", "ci",
     "migrations", "scripts", "tools", ".github", ".tox", ".venv", "venv")
)  # fmt: skip
"""Folders whose code is not the app's."""

LARGEST = 400_000
"""Characters of a file beyond which it is generated or data."""
MOST = 4_000_000
"""Characters of Python that are parsed, a second for each two million; the readers that look for one thing come first,
and files near the root before deep ones."""
EACH = 3000
"""Characters that every file counts more than it has: the smallest one must be gone through too."""


def nobody(_path: str, _line: int, _why: str) -> None:
    """There is no other Python."""


@frozen
class Tree:
    """`paths` are relative, with `/`, sorted; `read` gives a file's text, None when it isn't text or isn't there."""

    paths: tuple[str, ...]
    read: Callable[[str], str | None]
    newer: Callable[[str, int, str], ast.Module | None] = nobody
    """Parses a file that isn't valid for this Python: its path, the line and the reason of the failure."""
    _modules: dict[str, Module | None] = field(default_factory=dict, compare=False, repr=False)
    _tables: dict[str, dict[str, Any]] = field(default_factory=dict, compare=False, repr=False)
    _known: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, files: Mapping[str, str]) -> Tree:
        """A tree from text, for tests and for what is already in memory."""
        return cls(paths=tuple(sorted(files)), read=files.get)

    def __contains__(self, path: str) -> bool:
        return path in self._all

    @property
    def _all(self) -> frozenset[str]:
        return self.once("paths", lambda: frozenset(self.paths))

    def named(self, pattern: str) -> Iterator[str]:
        """Paths whose last part matches, those nearest to the root first."""
        return iter(self.once(f"named {pattern}", lambda: self._named(pattern)))

    def _named(self, pattern: str) -> list[str]:
        matches = re.compile(translate(pattern)).match
        matching = (path for path in self.paths if matches(path.rpartition("/")[2]))
        return sorted(matching, key=lambda path: (path.count("/"), path))

    def text(self, path: str) -> str:
        """The text, empty when there is none."""
        return self.read(path) or ""

    def toml(self, path: str) -> dict[str, Any]:
        """A TOML file, empty when it is missing or broken: a reader finds nothing rather than fails."""
        if path not in self._tables:
            try:
                self._tables[path] = tomllib.loads(self.text(path))
            except tomllib.TOMLDecodeError:
                self._tables[path] = {}
        return self._tables[path]

    def table(self, path: str, *keys: str) -> dict[str, Any]:
        """A table of a TOML file, empty where there is none or something else stands in its place."""
        found: Any = self.toml(path)
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}

    def yaml(self, path: str) -> Node:
        """A YAML file with its positions, nothing when it is missing or broken."""
        text = self.text(path)
        return self.once(f"yaml {path}", lambda: parsed(text) if len(text) <= LARGEST else Node())

    def ini(self, path: str) -> configparser.ConfigParser:
        """Like `toml`, for setup.cfg and its kind."""
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        try:
            parser.read_string(self.text(path))
        except configparser.Error:
            return configparser.ConfigParser(interpolation=None)
        return parser

    @property
    def importable(self) -> Mapping[str, str]:
        """Folders whose modules are found wherever a program runs, because the project that they lie in is installed;
        with the folder of that project."""
        return self.once("importable", self._find_installed)

    def _find_installed(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name in ("pyproject.toml", "setup.py", "setup.cfg"):
            for path in self.named(name):
                folder = str(PurePosixPath(path).parent)
                if folder not in found.values() and _is_installed(self, "" if folder == "." else f"{folder}/"):
                    found |= {str(PurePosixPath(folder) / below): folder for below in ("src", "lib")}
        return found

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What `make` gives, made once for this tree: several readers need it."""
        if name not in self._known:
            self._known[name] = make()
        found: T = self._known[name]
        return found

    def module(self, path: str) -> Module | None:
        """A Python file understood, None when it isn't valid for this Python."""
        if path not in self._modules:
            self._modules[path] = self._parsed(path)
        return self._modules[path]

    def modules(self, *needles: str) -> Iterator[Module]:
        """The app's own Python files that contain one of the texts, those nearest to the root first."""
        too_many = self.passed_over
        for path, text in self.once("own", self._own):
            if path in too_many or not holds(text, needles):
                continue
            if path not in self._modules and not self._affords(path, len(text)):
                continue
            if module := self.module(path):
                yield module

    def _affords(self, path: str, size: int) -> bool:
        """Whether a file may still be parsed; those that may not are in `passed_over`, for good: what is spent only
        grows."""
        spent = self._known.get("parsed", 0) + size + EACH
        if spent > MOST:
            self.passed_over.add(path)
            return False
        self._known["parsed"] = spent
        return True

    @property
    def passed_over(self) -> set[str]:
        """Python files that would have been parsed, had there been fewer of them."""
        return self.once("passed over", set)

    def _own(self) -> list[tuple[str, str]]:
        """Of the app's own Python files: forty readers look through all of them."""
        return [(path, self.text(path)) for path in self.named("*.py") if not aside(path)]

    def below(self, folder: str) -> Tree:
        """What lies in a folder, with paths that count from there."""
        start = f"{folder}/"
        paths = tuple(path.removeprefix(start) for path in self.paths if path.startswith(start))
        return Tree(paths=paths, read=lambda path: self.read(start + path))

    def line(self, path: str, needle: str) -> int:
        """The line at which `needle` first stands, 0 when nowhere."""
        return next((number for number, text in enumerate(self.text(path).splitlines(), 1) if needle in text), 0)

    def _parsed(self, path: str) -> Module | None:
        text = self.text(path)
        if not text or len(text) > LARGEST:
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SyntaxWarning)
                found: ast.Module | None = ast.parse(text)
        except SyntaxError as error:
            found = self.newer(path, error.lineno or 0, error.msg)
        except (ValueError, RecursionError):
            return None
        return understood(path, found, self._all, self.importable) if found else None


def holds(text: str, needles: tuple[str, ...]) -> bool:
    """A plain loop: it runs a million times, and `any` with a generator takes three times as long."""
    for needle in needles:  # noqa: SIM110 (see above)
        if needle in text:
            return True
    return False


def _is_installed(tree: Tree, below: str) -> bool:
    file = f"{below}pyproject.toml"
    uv, poetry = tree.table(file, "tool", "uv"), tree.table(file, "tool", "poetry")
    if uv.get("package") is False or poetry.get("package-mode") is False:
        return False
    named = poetry or tree.table(file, "project") or tree.table(file, "tool", "flit") or f"{below}setup.cfg" in tree
    return f"{below}setup.py" in tree or bool(named and tree.table(file, "build-system"))


def aside(path: str) -> bool:
    """Whether a path lies where no app's code lies, such as tests and documentation."""
    *folders, name = path.split("/")
    return not ASIDE.isdisjoint(folders) or name.startswith("test_") or name in {"conftest.py", "setup.py"}
