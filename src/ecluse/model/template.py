"""New projects: what they can be, what is asked about them, and what a later template changes in one."""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Mapping
from dataclasses import asdict
from enum import StrEnum
from types import MappingProxyType

from ecluse.model.values import frozen

ANSWERS_FILE = ".ecluse-template.yml"
"""In a project: its kind and the template's version, what was answered, and no path."""


class Kind(StrEnum):
    FASTAPI = "fastapi"
    FLASK = "flask"
    DJANGO = "django"
    WORKER = "worker"
    LIBRARY = "library"
    CLI = "cli"

    @property
    def is_packaged(self) -> bool:
        """Whether it is released as a package; all others are shipped and run."""
        return self in {Kind.LIBRARY, Kind.CLI}


KINDS: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.FASTAPI: "a web app (ASGI)",
        Kind.FLASK: "a web app (WSGI)",
        Kind.DJANGO: "a web app with models and migrations",
        Kind.WORKER: "background work, without a port",
        Kind.LIBRARY: "a package that others import",
        Kind.CLI: "a package with a command",
    }
)
SHAPE = re.compile(r"[A-Za-z](?:[A-Za-z0-9._-]{0,30}[A-Za-z0-9])?")
"""A name of a distribution (packaging.python.org, "Names and normalization"), short enough for a line of imports."""
OF_OTHERS = frozenset({"tests", "pytest", "mypy", "ruff", "coverage", "hatchling"})
"""Packages that a new project tests itself with."""


@frozen
class Answers:
    """What the template asks. `package` is what is imported."""

    kind: Kind
    name: str
    package: str
    description: str
    author: str
    year: int
    port: int

    def items(self) -> Mapping[str, str | int]:
        return asdict(self)


def package_of(kind: Kind, name: str) -> str:
    """What a project is imported as: one that nobody imports is called `app`, as every other of its kind."""
    return re.sub(r"[.-]", "_", name.lower()) if kind.is_packaged else "app"


def why_not(kind: Kind, name: str) -> str:
    """Why a project can't be called so; empty if it can."""
    if not SHAPE.fullmatch(name):
        return "use letters, digits, `-`, `_` and `.`, at most 32, a letter first, a letter or digit last"
    package = package_of(kind, name)
    if keyword.iskeyword(package) or not package.isidentifier():
        return f"Python can't import {package!r}"
    if package in sys.stdlib_module_names or package in OF_OTHERS:
        return f"there is a module {package!r} already, which it would hide"
    return ""


class How(StrEnum):
    """What an update does with a file."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    CONFLICT = "conflict"
    """Both sides changed the same lines: it is left with markers for a person."""
    KEPT = "kept"
    """The template has a new file, and in its place lies one that git ignores: that stays."""


@frozen
class Changed:
    path: str
    how: How
