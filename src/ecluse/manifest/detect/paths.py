"""Paths that code computes from its own place: `BASE_DIR / "db.sqlite3"`, `os.path.join(ROOT, "media")`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any

from ecluse.manifest.syntax import Module, name_of, text_of

DEPTH = 12
"""Names followed before giving up: a chain longer than this is a circle."""


def path_of(module: Module, expression: ast.expr | None, depth: int = DEPTH) -> str | None:
    """The path below the repository that an expression means, None when that can't be read off."""
    found = evaluated(module, expression, depth) if expression is not None else None
    if found is None or found.is_absolute() or ".." in found.parts:
        return None
    return str(found)


def evaluated(module: Module, expression: ast.expr, depth: int) -> PurePosixPath | None:
    rule = RULES.get(type(expression))
    return rule(module, expression, depth) if rule and depth else None


def of_constant(_: Module, expression: Any, __: int) -> PurePosixPath | None:
    return PurePosixPath(text_of(expression)) if text_of(expression) else None


def of_division(module: Module, expression: Any, depth: int) -> PurePosixPath | None:
    return joined(module, [expression.left, expression.right], depth) if isinstance(expression.op, ast.Div) else None


def of_attribute(module: Module, expression: Any, depth: int) -> PurePosixPath | None:
    return above(evaluated(module, expression.value, depth - 1)) if expression.attr == "parent" else None


def of_name(module: Module, expression: Any, depth: int) -> PurePosixPath | None:
    name = expression.id
    if name == "__file__":
        return PurePosixPath(module.path)
    value = next((value for target, value, _ in module.assigned() if target == name), None)
    return None if value is None else evaluated(module, value, depth - 1)


def of_parents(module: Module, expression: Any, depth: int) -> PurePosixPath | None:
    """`Path(__file__).resolve().parents[1]`"""
    index = expression.slice.value if isinstance(expression.slice, ast.Constant) else None
    parents = isinstance(expression.value, ast.Attribute) and expression.value.attr == "parents"
    if not parents or not isinstance(index, int):
        return None
    start = evaluated(module, expression.value.value, depth - 1)
    for _ in range(index + 1):
        start = above(start)
    return start


def of_call(module: Module, call: Any, depth: int) -> PurePosixPath | None:
    name = name_of(call.func).rpartition(".")[2]
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if method in {"resolve", "absolute", "as_posix", "expanduser"} and isinstance(call.func, ast.Attribute):
        return evaluated(module, call.func.value, depth - 1)
    if method == "joinpath" and isinstance(call.func, ast.Attribute):
        return joined(module, [call.func.value, *call.args], depth)
    if name in {"Path", "str", "abspath", "realpath", "PurePath", "normpath", "fspath", "root"} and call.args:
        return joined(module, call.args, depth)
    if name == "join":
        return joined(module, call.args, depth)
    if name == "dirname" and call.args:
        return above(evaluated(module, call.args[0], depth - 1))
    return None


def joined(module: Module, parts: list[ast.expr], depth: int) -> PurePosixPath | None:
    found = [evaluated(module, part, depth - 1) for part in parts]
    known = [part for part in found if part is not None]
    return normal(PurePosixPath(*known)) if known and len(known) == len(found) else None


def above(path: PurePosixPath | None) -> PurePosixPath | None:
    """The folder above; None above the repository itself."""
    return None if path is None or path == PurePosixPath() else path.parent


def normal(path: PurePosixPath) -> PurePosixPath:
    """Without `x/..`, read as text: the repository's own links are not followed."""
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        else:
            parts.append(part)
    return PurePosixPath(*parts)


RULES: Mapping[type[ast.AST], Callable[[Module, Any, int], PurePosixPath | None]] = {
    ast.Name: of_name,
    ast.Constant: of_constant,
    ast.BinOp: of_division,
    ast.Attribute: of_attribute,
    ast.Subscript: of_parents,
    ast.Call: of_call,
}
"""How each kind of expression is evaluated; the expression given is of that kind."""
