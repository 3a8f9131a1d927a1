"""Python files that are newer than the Python which reads them: a newer interpreter of this machine parses them."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ecluse.manifest.detect.facts import SURE, Fact, Kind
from ecluse.ports.python import Interpreter, Toolchain

MOST = 60
"""Files; each costs the start of an interpreter."""
OWN = sys.version_info[1]

SCRIPT = """
import ast, json, tokenize
def told(node):
    if isinstance(node, ast.AST):
        at = {{name: getattr(node, name) for name in ("lineno", "end_lineno", "col_offset") if hasattr(node, name)}}
        return {{"_": type(node).__name__, **at, **{{name: told(getattr(node, name, None)) for name in node._fields}}}}
    if isinstance(node, list):
        return [told(one) for one in node]
    return node if node is None or isinstance(node, (str, int, float, bool)) else {{"_": ""}}
with tokenize.open({path!r}) as file:
    print(json.dumps(told(ast.parse(file.read()))))
"""
"""A syntax tree as JSON, run by the newer Python; nothing of the file is run."""


@dataclass(slots=True)
class Newer:
    """Called with a path that this Python can't parse. `facts` say afterwards what was needed."""

    toolchain: Toolchain
    folder: Path
    facts: list[Fact] = field(default_factory=list)
    _known: tuple[Interpreter, ...] | None = None

    def __call__(self, path: str, line: int, why: str) -> ast.Module | None:
        if len(self.facts) >= MOST:
            return None
        for one in self.interpreters():
            said = self.toolchain.ask(one, SCRIPT.format(path=str(self.folder / path)))
            if (module := parsed(said)) is not None:
                self.facts.append(Fact(kind=Kind.SYNTAX, value=one.minor, file=path, line=line, confidence=SURE))
                return module
        self.facts.append(Fact(kind=Kind.UNPARSED, value=why, file=path, line=line, confidence=SURE))
        return None

    def interpreters(self) -> tuple[Interpreter, ...]:
        """Each minor version that is newer than ours, the oldest of them first."""
        if self._known is None:
            newer = {int(one.minor.partition(".")[2]): one for one in reversed(self.toolchain.interpreters())}
            self._known = tuple(newer[minor] for minor in sorted(newer) if minor > OWN)
        return self._known


def parsed(text: str) -> ast.Module | None:
    """The tree of what the script printed; None when that is no module."""
    try:
        found = node_of(json.loads(text))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, ast.Module) else None


def node_of(told: Any) -> Any:
    """The node in this Python's terms. What it has no name for is left out, or a value that nobody can read."""
    if isinstance(told, list):
        return [node_of(one) for one in told]
    if not isinstance(told, Mapping):
        return told
    name = told["_"]
    if name == "TypeAlias":
        told, name = {**told, "targets": [told["name"]]}, "Assign"
    kind = getattr(ast, name, ast.Constant) if name else None
    if kind is None:
        return None
    node = kind(**{field: node_of(told.get(field)) for field in kind._fields})
    for place in ("lineno", "end_lineno", "col_offset"):
        if place in told:
            setattr(node, place, told[place])
    return node
