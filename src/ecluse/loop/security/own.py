"""The commit's own projects: what a bundle brings of them is nobody else's, and no source knows it. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from configparser import ConfigParser
from configparser import Error as ConfigError
from pathlib import PurePosixPath
from typing import Any

from ecluse.model.artifact import Wheel
from ecluse.model.package import Package, canonical


def own_names(files: Iterable[str], text: Callable[[str], str | None]) -> frozenset[str]:
    """Canonical. One that only a setup.py says isn't known without running it."""
    named = {"pyproject.toml": _of_pyproject, "setup.cfg": _of_setup}
    found = (named[name](text(path) or "") for path in files if (name := PurePosixPath(path).name) in named)
    return frozenset(canonical(name) for name in found if name)


def is_own(wheel: Wheel, names: frozenset[str]) -> bool:
    """Built here, and called like one of them: a package of that name that was fetched is somebody else's."""
    return wheel.built and Package.of_wheel(wheel.name).name in names


def _of_pyproject(text: str) -> str:
    try:
        document: dict[str, Any] = tomllib.loads(text)
        name = document.get("project", {}).get("name") or document.get("tool", {}).get("poetry", {}).get("name")
    except (tomllib.TOMLDecodeError, AttributeError):
        return ""
    return name if isinstance(name, str) else ""


def _of_setup(text: str) -> str:
    parser = ConfigParser(interpolation=None)
    try:
        parser.read_string(text)
    except ConfigError:
        return ""
    return parser.get("metadata", "name", fallback="")
