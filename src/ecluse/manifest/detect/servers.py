"""Where the code starts a server itself: `uvicorn.run(ds.app())` says what is served."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from ecluse.manifest.detect.facts import GUESS, LIKELY, Fact, Kind
from ecluse.manifest.detect.tree import Tree
from ecluse.manifest.detect.webapps import entry
from ecluse.manifest.syntax import Module, argument, assignments, callable_bare, name_of, text_of

STARTERS = {
    "uvicorn.run": Kind.ASGI,
    "uvicorn.Config": Kind.ASGI,
    "hypercorn.asyncio.serve": Kind.ASGI,
    "waitress.serve": Kind.WSGI,
    "cheroot.wsgi.Server": Kind.WSGI,
}


def read(tree: Tree) -> Iterator[Fact]:
    for module in tree.modules("uvicorn", "hypercorn", "waitress", "cheroot"):
        for call in module.calls():
            kind = STARTERS.get(module.origin(call.func))
            served = argument(call, 1 if kind is Kind.WSGI and "cheroot" in module.origin(call.func) else 0, "app")
            if kind is None or served is None:
                continue
            if ":" in (target := text_of(served)):
                if any(item.arg == "factory" for item in call.keywords) and not target.endswith(")"):
                    target += "()"
                yield Fact(kind=kind, value=target, file=module.path, line=call.lineno,
                           folder=module.folder, confidence=LIKELY + 0.1)  # fmt: skip
            elif found := spelled(tree, module, served):
                where, attribute = found
                fact = entry(where, kind, attribute, call.lineno, LIKELY if "(" not in attribute else GUESS + 0.2)
                yield replace(fact, file=module.path)


def spelled(tree: Tree, module: Module, served: ast.expr) -> tuple[Module, str] | None:
    """The module in which what is served lives, and how it is reached there."""
    if isinstance(served, ast.Call) and isinstance(served.func, ast.Attribute):
        made = maker(module, name_of(served.func.value))
        found = class_of(tree, module, made) if made is not None else None
        return (found[0], f"{found[1]}().{served.func.attr}()") if found else None
    if isinstance(served, ast.Name):
        if any(name == served.id for name, _, _ in module.assigned()):
            return module, served.id
        return imported(tree, module, served)
    return None


def maker(module: Module, name: str) -> ast.expr | None:
    """The expression that is called to make the object bound to `name`, anywhere in the file."""
    statements = [node for node in module.walk() if isinstance(node, ast.Assign | ast.AnnAssign)]
    calls = [value for target, value, _ in assignments(list(statements)) if target == name]
    return next((value.func for value in calls if isinstance(value, ast.Call)), None)


def class_of(tree: Tree, module: Module, expression: ast.expr) -> tuple[Module, str] | None:
    """The module and name of a class of this repository that can be made without arguments."""
    found = imported(tree, module, expression) or (module, name_of(expression))
    where, name = found
    for node in where.body.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            makers = (item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == "__init__")
            if all(callable_bare(function.args, bound=True) for function in makers):
                return where, name
    return None


def imported(tree: Tree, module: Module, expression: ast.expr) -> tuple[Module, str] | None:
    """The module of this repository from which a name was imported."""
    origin, _, name = module.origin(expression).rpartition(".")
    if not origin:
        return None
    tail = origin.replace(".", "/")
    for path in tree.paths:
        if (
            path.endswith((f"{tail}.py", f"{tail}/__init__.py"))
            and (where := tree.module(path))
            and where.name == origin
        ):
            return where, name
    return None
