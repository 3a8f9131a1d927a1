"""What other tools have locked: uv, poetry (by `category` or by `groups`), pdm, pipenv, PEP 751."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from ecluse.manifest.detect.facts import SURE, Fact, Kind
from ecluse.manifest.detect.packaging import package
from ecluse.manifest.detect.tree import Tree

TOML = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml")
MAIN = frozenset(("main", "default"))
"""Groups that an app runs with."""


def read(tree: Tree) -> Iterator[Fact]:
    for file in TOML:
        lines = named(tree.text(file))
        for table in (*listed(tree, file, "package"), *listed(tree, file, "packages")):
            name, version = table.get("name"), table.get("version")
            if isinstance(name, str) and isinstance(version, str) and not is_own(table):
                yield Fact(kind=Kind.LOCKED, value=f"{package(name)}=={version}", file=file, line=lines.get(name, 0),
                           confidence=SURE, label=group_of(table))  # fmt: skip
    yield from of_pipenv(tree)


def listed(tree: Tree, file: str, key: str) -> list[dict[str, Any]]:
    found = tree.toml(file).get(key)
    return [table for table in found if isinstance(table, dict)] if isinstance(found, list) else []


def named(text: str) -> dict[str, int]:
    """The line on which each package begins."""
    found = ((re.match(r'name = "([^"]+)"', line), number) for number, line in enumerate(text.splitlines(), 1))
    return {match.group(1): number for match, number in found if match}


def is_own(table: dict[str, Any]) -> bool:
    """The project itself and its neighbours, as uv lists them."""
    source = table.get("source")
    return isinstance(source, dict) and not {"editable", "virtual", "directory"}.isdisjoint(source)


def group_of(table: dict[str, Any]) -> str:
    """The group that only development needs; empty for what the app runs with, and where the lock doesn't say."""
    groups = table.get("groups", [table.get("category", "main")])
    names = [str(each) for each in groups] if isinstance(groups, list) else ["main"]
    return "" if not MAIN.isdisjoint(names) else "".join(names[:1])


def of_pipenv(tree: Tree) -> Iterator[Fact]:
    file = "Pipfile.lock"
    try:
        found = json.loads(tree.text(file) or "{}")
    except (json.JSONDecodeError, RecursionError):
        return
    for section in ("default", "develop"):
        table = found.get(section) if isinstance(found, dict) else None
        for name, entry in table.items() if isinstance(table, dict) else ():
            version = entry.get("version") if isinstance(entry, dict) else None
            if isinstance(version, str):
                yield Fact(kind=Kind.LOCKED, value=f"{package(name)}{version}", file=file, confidence=SURE,
                           line=tree.line(file, f'"{name}":'), label="" if section == "default" else "dev")  # fmt: skip
