"""A `setup.py` read without running it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.manifest.detect.tree import Tree
from ecluse.manifest.syntax import Module, literal, name_of

if TYPE_CHECKING:
    from ast import expr


def keywords(tree: Tree, path: str = "setup.py") -> dict[str, tuple[object, int]]:
    """The literal arguments of `setup(…)` with their lines; names bound in the file are followed."""
    module = tree.module(path)
    if module is None:
        return {}
    call = next((call for call in module.calls() if name_of(call.func).rpartition(".")[2] == "setup"), None)
    if call is None:
        return {}
    found = ((item.arg, value_of(module, item.value), item.value.lineno) for item in call.keywords)
    return {name: (value, line) for name, value, line in found if name and value is not None}


def value_of(module: Module, expression: expr) -> object:
    name = name_of(expression)
    return module.literal(name) if name else literal(expression)


def console_scripts(entry_points: object, group: str = "console_scripts") -> dict[str, str]:
    """The scripts, or another group, of either form that setuptools takes: a table or INI text."""
    if isinstance(entry_points, dict):
        listed = entry_points.get(group, [])
        lines = listed.splitlines() if isinstance(listed, str) else list(listed) if isinstance(listed, list) else []
    elif isinstance(entry_points, str):
        lines = section(entry_points, group)
    else:
        lines = []
    pairs = (str(line).partition("=") for line in lines)
    return {name.strip(): target.strip() for name, equals, target in pairs if equals}


def section(text: str, wanted: str) -> list[str]:
    found: list[str] = []
    current = ""
    for line in (line.strip() for line in text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            current = line[1:-1].strip()
        elif current == wanted and line:
            found.append(line)
    return found
