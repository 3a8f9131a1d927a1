"""Lists of host names that the code takes from the environment: here they must hold the names of this machine.

What an example file suggests is the name of somebody else's server, and a default is often empty: then every page is
a 400.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator

from ecluse.manifest.detect.envfiles import examples
from ecluse.manifest.detect.facts import LIKELY, Fact, Kind
from ecluse.manifest.detect.tree import Tree
from ecluse.manifest.detect.variables import reads_variable
from ecluse.manifest.syntax import Module, literal, text_of

HERE = ("localhost", "127.0.0.1")
"""A person's browser sends the first or the second, whichever was typed."""
ADMITS = ("ALLOWED", "TRUSTED")
"""Words of names under which a list says who may ask, not whom to call."""


def read(tree: Tree) -> Iterator[Fact]:
    known = examples(tree)
    for module in tree.modules("HOSTS"):
        separators = split_at(module)
        for node in module.walk():
            name, default = reading(module, node)
            if not name.endswith("HOSTS") or (default is not None and not lacking(name, default)):
                continue
            value = written(known.get(name, ""), separators.get(id(node), ""))
            yield Fact(kind=Kind.VARIABLE, value=name, file=module.path, line=getattr(node, "lineno", 0),
                       confidence=LIKELY + 0.1, label=value)  # fmt: skip


def reading(module: Module, node: ast.AST) -> tuple[str, ast.expr | None]:
    """The variable that an expression reads, empty when it reads none, and what it is when it isn't set."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        return (text_of(node.slice) if module.origin(node.value) == "os.environ" else ""), None
    if not (isinstance(node, ast.Call) and node.args and text_of(node.args[0])):
        return "", None
    if module.origin(node.func) not in {"os.environ.get", "os.getenv"} and not reads_variable(module, node.func):
        return "", None
    named = next((item.value for item in node.keywords if item.arg == "default"), None)
    return text_of(node.args[0]), node.args[1] if len(node.args) > 1 else named


def lacking(name: str, default: ast.expr) -> bool:
    """Whether a list of who may ask leaves this machine out when nobody sets it."""
    said = str(literal(default))
    return any(word in name for word in ADMITS) and "*" not in said and "localhost" not in said


def split_at(module: Module) -> dict[int, str]:
    """What each text that is split at once is split at, by the node of the text."""
    calls = (call for call in module.calls() if isinstance(call.func, ast.Attribute) and call.func.attr == "split")
    return {id(call.func.value): text_of(call.args[0]) if call.args else " "
            for call in calls if isinstance(call.func, ast.Attribute)}  # fmt: skip


def written(example: str, separator: str) -> str:
    """The names of this machine in the form that the code or the example has; a star admits everybody already."""
    if "*" in example:
        return example
    if example.startswith("["):
        return json.dumps(HERE)
    spaced = re.fullmatch(r"[^\s,]+(\s+[^\s,]+)+", example)
    return (separator or (" " if spaced else ",")).join(HERE)
