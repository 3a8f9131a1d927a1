"""Finding the app object that a manifest names."""

import ast
import importlib
from typing import Any


class AppNotFoundError(Exception):
    """The target's text or what it leads to isn't an app; the message says which part."""


def load(target: str) -> Any:
    """The object behind `module:attribute`, `module:object.attribute`, `module:factory("production", debug=False)` or
    `module:Site().app()`.

    `module` alone means `module:app`. Arguments of a call are literals. Whatever the import raises is passed on.
    """
    module, _, expression = target.partition(":")
    try:
        node = ast.parse(expression or "app", mode="eval").body
    except SyntaxError:
        raise _neither(target, expression) from None
    _check(target, expression, node)
    found = _reached(target, importlib.import_module(module), node)
    if not callable(found):
        raise AppNotFoundError("%s is a %s, not a callable app" % (target, type(found).__name__))
    return found


def _check(target: str, expression: str, node: ast.AST) -> None:
    """Nothing but names, attributes and calls may stand there, found out before anything is imported."""
    while isinstance(node, (ast.Attribute, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    if not isinstance(node, ast.Name):
        raise _neither(target, expression)


def _reached(target: str, module: Any, node: Any) -> Any:
    if isinstance(node, ast.Call):
        called = _reached(target, module, node.func)
        return called(*map(_literal, node.args), **{str(word.arg): _literal(word.value) for word in node.keywords})
    holder, name = (
        (module, node.id) if isinstance(node, ast.Name) else (_reached(target, module, node.value), node.attr)
    )
    if not hasattr(holder, name):
        raise AppNotFoundError("%s: %r has no attribute %r" % (target, getattr(holder, "__name__", holder), name))
    return getattr(holder, name)


def _neither(target: str, expression: str) -> AppNotFoundError:
    return AppNotFoundError("%s: %r is neither an attribute nor a call" % (target, expression))


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        raise AppNotFoundError("a factory's arguments must be literals: %s" % ast.dump(node)) from None
