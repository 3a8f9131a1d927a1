"""What names are bound to: in a function, in its module, in the modules that it imports from, among the settings."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from ecluse.manifest.detect.tree import Tree
from ecluse.manifest.syntax import Function, Module, argument, children, name_of, text_of
from ecluse.model.values import frozen


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """`function` is None at the top of the module; `outer` is the function around it."""

    module: Module
    function: Function | None = None
    outer: Scope | None = None

    def above(self) -> Iterator[Scope]:
        """This one and those around it, the module last."""
        here: Scope | None = self
        while here is not None:
            yield here
            here = here.outer


Bound = tuple[Scope, ast.expr]


@frozen
class Values:
    """The bindings of every module of the app; `settings` are those in capitals, by their bare names.

    `fields` are the other names that one class alone of the app binds: `settings.uploads` can mean no other.
    `root` and `instance` are Flask's root_path and instance_path, None where there is no Flask app or more than one.
    """

    modules: Mapping[str, Module]
    settings: Mapping[str, list[Bound]]
    fields: Mapping[str, Bound] = field(default_factory=dict)
    root: str | None = None
    instance: str | None = None
    _local: dict[tuple[str, int], dict[str, list[ast.expr]]] = field(default_factory=dict, compare=False, repr=False)

    def of(self, scope: Scope, name: str) -> Iterator[Bound]:
        """What `name` may be bound to, the innermost first."""
        for where in scope.above():
            yield from ((where, value) for value in self.local(where).get(name, ()))
            if where.function and name in parameters(where.function):
                return  # whatever the caller gives
        module, _, attribute = scope.module.full(name).rpartition(".")
        if module in self.modules and self.modules[module] is not scope.module:
            yield from self.of(Scope(self.modules[module]), attribute)
        last = name.rpartition(".")[2]
        if last.isupper():
            yield from self.settings.get(last, ())
        elif last != name and last in self.fields:
            yield self.fields[last]

    def local(self, scope: Scope) -> dict[str, list[ast.expr]]:
        key = scope.module.path, id(scope.function)
        if key not in self._local:
            found: dict[str, list[ast.expr]] = {}
            for name, value in bindings(scope):
                found.setdefault(name, []).append(value)
            self._local[key] = found
        return self._local[key]


def parameters(function: Function) -> frozenset[str]:
    given = function.args
    return frozenset(each.arg for each in (*given.posonlyargs, *given.args, *given.kwonlyargs))


def calls(module: Module) -> list[tuple[Scope, ast.Call]]:
    """Every call with the function it stands in, the outermost first."""
    return module.once("calls", lambda: list(scoped(module)))


def scoped(module: Module) -> Iterator[tuple[Scope, ast.Call]]:
    waiting: list[tuple[Scope, ast.AST]] = [(Scope(module), module.body)]
    for scope, node in waiting:  # which grows
        if isinstance(node, ast.Call):
            yield scope, node
        inner = Scope(module, node, scope) if isinstance(node, Function) else scope
        waiting += [(inner, child) for child in children(node)]


def bindings(scope: Scope) -> Iterator[tuple[str, ast.expr]]:
    """Names bound in a function or at the top of a module, with values."""
    waiting: list[ast.AST] = list(scope.function.body if scope.function else scope.module.body.body)
    for node in waiting:  # which grows
        if isinstance(node, Function | ast.Lambda):
            continue
        yield from bound_by(node)
        waiting += [] if isinstance(node, ast.ClassDef) else children(node)


def bound_by(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node, ast.Assign):
        yield from ((name_of(target), node.value) for target in node.targets)
    elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
        yield name_of(node.target), node.value
    elif isinstance(node, ast.withitem) and node.optional_vars is not None:
        yield name_of(node.optional_vars), node.context_expr
    elif isinstance(node, ast.ClassDef):
        for inner in node.body:
            yield from ((f"{node.name}.{name}", value) for name, value in bound_by(inner))


def all_known(tree: Tree) -> Values:
    """Everything that the app's own code binds."""
    return tree.once("values", lambda: known(tuple(tree.modules(""))))


def known(modules: tuple[Module, ...]) -> Values:
    """Everything that `modules` bind. Pure."""
    settings: dict[str, list[Bound]] = {}
    for module in modules:
        for name, value in settings_of(module):
            settings.setdefault(name, []).append((Scope(module), value))
    places = {place for module in modules for place in flask_places(module)}
    root, instance = places.pop() if len(places) == 1 else (None, None)
    names = {module.name: module for module in modules}
    return Values(modules=names, settings=settings, fields=fields_of(modules), root=root, instance=instance)


def fields_of(modules: tuple[Module, ...]) -> Mapping[str, Bound]:
    """The names that are bound in one class, and in no other."""
    found: dict[str, list[Bound]] = {}
    for module in modules:
        scope = Scope(module)
        for name, value in bindings(scope):
            if name.count(".") == 1:
                found.setdefault(name.partition(".")[2], []).append((scope, value))
    return {name: bound[0] for name, bound in found.items() if len(bound) == 1}


def settings_of(module: Module) -> Iterator[tuple[str, ast.expr]]:
    """`X = …` at the top and in classes, `app.config["X"] = …`, `app.config.update(X=…)`, `update({"X": …})`,
    `from_mapping(X=…)`."""
    for name, value in bindings(Scope(module)):
        if (last := name.rpartition(".")[2]).isupper():
            yield last, value
    for node in module.every(ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Subscript) and name_of(target.value).endswith("config"):
                yield text_of(target.slice), node.value
    for call in module.calls():
        if isinstance(call.func, ast.Attribute) and call.func.attr in {"update", "from_mapping", "setdefault"}:
            yield from set_by(call)


def set_by(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """The settings that a call of `app.config` gives values."""
    called = name_of(call.func)
    if called.endswith(("config.update", "config.from_mapping")):
        yield from ((item.arg, item.value) for item in call.keywords if item.arg)
        for given in call.args:
            pairs = zip(given.keys, given.values, strict=True) if isinstance(given, ast.Dict) else ()
            yield from ((text_of(key), value) for key, value in pairs if key is not None)
    elif called.endswith("config.setdefault") and len(call.args) > 1:
        yield text_of(call.args[0]), call.args[1]


def flask_places(module: Module) -> Iterator[tuple[str, str | None]]:
    """root_path and instance_path, as Flask derives them from the module that makes the app."""
    for call in module.calls():
        if module.origin(call.func).rpartition(".")[2] in {"Flask", "APIFlask", "Quart"}:
            root = PurePosixPath(module.path).parent
            depth = module.name.count(".") + module.path.endswith("/__init__.py")
            package = PurePosixPath(*root.parts[: len(root.parts) - depth])
            elsewhere = argument(call, 9, "instance_path") or argument(call, 9, "root_path")
            yield "" if root == PurePosixPath() else str(root), None if elsewhere else str(package / "instance")
