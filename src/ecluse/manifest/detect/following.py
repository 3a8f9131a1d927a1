"""Where an expression leads that names a path: through names, settings, joins and formats."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from itertools import groupby
from operator import itemgetter
from typing import Any

from ecluse.manifest.detect.destinations import OUTSIDE, Destination, above, beginning, beside, either, followed
from ecluse.manifest.detect.scopes import Scope, Values
from ecluse.manifest.syntax import argument, name_of, text_of
from ecluse.model.values import frozen

DEPTH = 64
"""Steps followed before giving up."""

ELSEWHERE = re.compile(r"(tempfile|platformdirs|appdirs|user_data|xdg)\b|.*\.(home|expanduser|gettempdir|devnull)$")
"""Origins of calls and values that lead out of the tree."""
METHODS = frozenset(("resolve", "absolute", "as_posix", "strip", "rstrip", "lower", "joinpath", "format"))
JOINS = frozenset(("join", "safe_join", "Path", "PurePath", "str", "abspath", "realpath", "normpath", "fspath", "root",
                   "path"))  # fmt: skip

FIELDS = frozenset(("field", "Field", "attrib", "ib"))
"""Calls that declare a field of a class (dataclasses, pydantic, attrs)."""

Key = tuple[str, int, str]
"""Module, function and name."""


@frozen
class Guide:
    """Follows an expression to where it leads; None when not even its beginning can be read off."""

    values: Values
    _found: dict[Key, Destination | None] = field(default_factory=dict, compare=False, repr=False)

    def find(self, scope: Scope, expression: ast.AST | None, depth: int = DEPTH) -> Destination | None:
        rule = RULES.get(type(expression)) if expression is not None and depth else None
        return rule(self, scope, expression, depth - 1) if rule else None

    def bound(self, scope: Scope, name: str, depth: int) -> Destination | None:
        """What a name or setting is bound to, in the innermost place where that leads anywhere."""
        key = scope.module.path, id(scope.function), name
        if key not in self._found:
            self._found[key] = None
            for where, values in groupby(self.values.of(scope, name), key=itemgetter(0)):
                if self.gathered(key, where, [value for _, value in values], depth) is not None:
                    break
        return self._found[key]

    def gathered(self, key: Key, where: Scope, values: list[ast.expr], depth: int) -> Destination | None:
        """All that a name is bound to in one scope; a value that builds on the name itself builds on those before."""
        for value in values:
            self._found[key] = either(self._found[key], self.find(where, value, depth))
        return self._found[key]

    def joined(self, scope: Scope, parts: Sequence[ast.expr], depth: int) -> Destination | None:
        """As os.path.join does; what follows an unknown part is unknown."""
        found = self.find(scope, parts[0], depth) if parts else None
        for part in parts[1:]:
            if found is None or not found.whole:
                return found
            found = beside(found, self.find(scope, part, depth))
        return found


def of_constant(_: Guide, __: Scope, expression: Any, ___: int) -> Destination | None:
    return Destination(text=expression.value) if isinstance(expression.value, str) else None


def of_name(guide: Guide, scope: Scope, expression: Any, depth: int) -> Destination | None:
    if expression.id == "__file__":
        return Destination(text=scope.module.path, rooted=True)
    return guide.bound(scope, expression.id, depth)


def of_joined_text(guide: Guide, scope: Scope, expression: Any, depth: int) -> Destination | None:
    """`f"{UPLOADS}/x/{name}.jpg"`"""
    parts = [part.value if isinstance(part, ast.FormattedValue) else part for part in expression.values]
    found = guide.find(scope, parts[0], depth) if parts else None
    for part in parts[1:]:
        found = followed(found, guide.find(scope, part, depth)) if found else None
    return found


def of_operation(guide: Guide, scope: Scope, expression: Any, depth: int) -> Destination | None:
    if isinstance(expression.op, ast.Div):
        return guide.joined(scope, [expression.left, expression.right], depth)
    if isinstance(expression.op, ast.Mod):
        return beginning(text_of(expression.left), "%")
    if not isinstance(expression.op, ast.Add):
        return None
    first = guide.find(scope, expression.left, depth)
    return followed(first, guide.find(scope, expression.right, depth)) if first else None


def of_attribute(guide: Guide, scope: Scope, expression: Any, depth: int) -> Destination | None:
    if expression.attr == "parent":
        return above(guide.find(scope, expression.value, depth))
    if expression.attr in {"root_path", "instance_path"}:
        folder = guide.values.root if expression.attr == "root_path" else guide.values.instance
        return None if folder is None else Destination(text=folder, rooted=True)
    if ELSEWHERE.match(scope.module.origin(expression)):
        return OUTSIDE
    if expression.attr == "name":  # of a temporary file; that of a path is its last part
        found = guide.find(scope, expression.value, depth)
        return found if found == OUTSIDE else None
    return guide.bound(scope, name_of(expression), depth)


def of_subscript(guide: Guide, scope: Scope, expression: Any, depth: int) -> Destination | None:
    """`Path(__file__).parents[1]`, `app.config["UPLOAD_FOLDER"]`"""
    index = expression.slice.value if isinstance(expression.slice, ast.Constant) else None
    if isinstance(index, str):
        return guide.bound(scope, index, depth) if name_of(expression.value).endswith("config") else None
    if not isinstance(index, int) or getattr(expression.value, "attr", "") != "parents":
        return None
    found = guide.find(scope, expression.value.value, depth)
    for _ in range(index + 1):
        found = above(found)
    return found


def of_call(guide: Guide, scope: Scope, call: Any, depth: int) -> Destination | None:
    origin = scope.module.origin(call.func)
    if ELSEWHERE.match(origin):
        return OUTSIDE
    if origin in {"os.getcwd", "pathlib.Path.cwd"}:
        return Destination(text="")
    if isinstance(call.func, ast.Attribute) and call.func.attr in METHODS:
        return of_method(guide, scope, call, depth)
    name = last_of(call.func)
    if name in JOINS:
        return guide.joined(scope, call.args, depth)
    if name == "dirname" and call.args:
        return above(guide.find(scope, call.args[0], depth))
    return guide.find(scope, default_of(call), depth) if name in FIELDS else of_setting(guide, scope, call, depth)


def default_of(call: ast.Call) -> ast.expr | None:
    """`Field("uploads")`, `field(default_factory=lambda: os.getenv("UPLOADS", "uploads"))`"""
    factory = argument(call, 9, "default_factory")
    return factory.body if isinstance(factory, ast.Lambda) else argument(call, 0, "default")


def of_method(guide: Guide, scope: Scope, call: Any, depth: int) -> Destination | None:
    """Methods of paths and texts, which give another one."""
    inner = call.func.value
    if call.func.attr == "format":
        return beginning(text_of(inner), "{")
    parts = [inner, *call.args] if call.func.attr == "joinpath" else [inner]
    return guide.joined(scope, parts, depth)


def of_setting(guide: Guide, scope: Scope, call: ast.Call, depth: int) -> Destination | None:
    """`app.config.get("X", …)`, `os.environ.get("X", "uploads")`: what is set in the code, else what is the default."""
    key = text_of(call.args[0]) if call.args else ""
    default = argument(call, 1, "default")
    if not re.fullmatch(r"[A-Z][A-Z0-9_]*", key):
        return None
    return guide.bound(scope, key, depth) or guide.find(scope, default, depth)


def of_choice(guide: Guide, scope: Scope, expression: Any, depth: int) -> Destination | None:
    """`given or "uploads"`, `a if x else b`"""
    either = expression.values if isinstance(expression, ast.BoolOp) else [expression.body, expression.orelse]
    places = (guide.find(scope, each, depth) for each in either)
    return next((place for place in places if place is not None), None)


def last_of(called: ast.expr) -> str:
    return called.attr if isinstance(called, ast.Attribute) else name_of(called)


RULES: Mapping[type[ast.AST], Callable[[Guide, Scope, Any, int], Destination | None]] = {
    ast.Constant: of_constant,
    ast.Name: of_name,
    ast.JoinedStr: of_joined_text,
    ast.BinOp: of_operation,
    ast.Attribute: of_attribute,
    ast.Subscript: of_subscript,
    ast.Call: of_call,
    ast.BoolOp: of_choice,
    ast.IfExp: of_choice,
}
"""How each kind of expression is followed; the expression given is of that kind."""
