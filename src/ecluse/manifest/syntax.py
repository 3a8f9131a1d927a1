"""Python files read as syntax trees: nothing of the repository is imported or run."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import field
from typing import Any, TypeVar, cast

from ecluse.model.values import frozen

T = TypeVar("T")
Kind = TypeVar("Kind", bound=ast.AST)

Function = ast.FunctionDef | ast.AsyncFunctionDef


@frozen
class Module:
    """`name` is what an import in `folder` calls it; `origins` tells where each imported name comes from."""

    path: str
    name: str
    folder: str
    body: ast.Module
    origins: Mapping[str, str]
    stars: tuple[str, ...]
    """Modules of which everything is imported."""
    _known: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What `make` gives, made once for this module: many readers ask."""
        if name not in self._known:
            self._known[name] = make()
        found: T = self._known[name]
        return found

    def walk(self) -> list[ast.AST]:
        """Every node, as `nodes_of` gives them."""
        return self.once("nodes", lambda: nodes_of(self.body))

    def every(self, kind: type[Kind]) -> list[Kind]:
        """The nodes of one class, the outermost first."""
        found: list[Kind] = self.once("kinds", lambda: by_kind(self.walk())).get(kind, [])
        return found

    def origin(self, expression: ast.expr | None) -> str:
        """The full name of what an expression refers to (`flask.Flask`), empty when it isn't a plain name."""
        return self.full(name_of(expression))

    def full(self, dotted: str) -> str:
        """The full name of what a name of this module refers to."""
        head, _, rest = dotted.partition(".")
        known = self.origins.get(head, head)
        return f"{known}.{rest}" if rest else known

    def functions(self) -> Iterator[Function]:
        return (node for node in self.body.body if isinstance(node, Function))

    def all_functions(self) -> list[Function]:
        """Those inside of classes and functions, too."""
        return [*self.every(ast.FunctionDef), *self.every(ast.AsyncFunctionDef)]

    def calls(self) -> Iterator[ast.Call]:
        return iter(self.every(ast.Call))

    def assigned(self) -> list[tuple[str, ast.expr, int]]:
        """Names bound when the module is imported, below `if` and `try` too, with value and line."""
        return self.once("assigned", lambda: list(assignments(self.body.body)))

    def literal(self, name: str) -> object:
        """The last literal that a module-level name is bound to, None when it isn't one."""
        found: object = None
        for target, value, _ in self.assigned():
            if target == name:
                found = literal(value)
        return found


def understood(path: str, body: ast.Module, paths: AbstractSet[str], importable: Mapping[str, str]) -> Module:
    nodes = nodes_of(body)
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    folder, name = located(path, imports, paths)
    folder = importable.get(folder, folder)
    known = origins(imports, name, path)
    stars = tuple(origin.removesuffix(".*") for origin in known.values() if origin.endswith(".*"))
    return Module(path=path, name=name, folder=folder, body=body, origins=known, stars=stars, _known={"nodes": nodes})


def nodes_of(body: ast.AST) -> list[ast.AST]:
    """Every node as ast.walk gives them, in a fraction of its time: but for contexts and operators, which say nothing
    without the node that they belong to."""
    nodes = [body]
    for node in nodes:  # which grows
        nodes += children(node)
    return nodes


PLAIN = frozenset(("ctx", "op", "ops", "id", "attr", "arg", "module", "asname", "level", "kind", "type_comment",
                   "lineno", "tag", "simple", "is_async", "conversion"))  # fmt: skip
"""Fields that hold no node, or one that says nothing alone."""


class Fields(dict[type[ast.AST], tuple[str, ...]]):
    """The fields of a kind of node that may hold nodes, looked up as often as there are nodes."""

    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        self[kind] = found = tuple(name for name in kind._fields if name not in PLAIN)
        return found


FIELDS = Fields()


def children(node: ast.AST) -> list[ast.AST]:
    found = []
    for name in FIELDS[type(node)]:
        value = getattr(node, name, None)
        if type(value) is list:
            found += [each for each in value if isinstance(each, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


def by_kind(nodes: Iterable[ast.AST]) -> dict[type[ast.AST], list[Any]]:
    found: dict[type[ast.AST], list[Any]] = {}
    for node in nodes:
        found.setdefault(type(node), []).append(node)
    return found


Import = ast.Import | ast.ImportFrom


def located(path: str, imports: Iterable[Import], paths: AbstractSet[str]) -> tuple[str, str]:
    """The folder from which a file is imported and its name there.

    A folder with `__init__.py` is a package. One without is a package too when the file refers to it by name, as
    in `app/main.py` with `from app.models import …`.
    """
    *folders, file = path.removesuffix(".py").split("/")
    roots = imported_roots(imports)
    start = len(folders)
    while start and ("/".join([*folders[:start], "__init__.py"]) in paths or folders[start - 1] in roots):
        start -= 1
    parts = folders[start:] + ([] if file == "__init__" else [file])
    return "/".join(folders[:start]) or ".", ".".join(parts or [file])


def imported_roots(imports: Iterable[Import]) -> frozenset[str]:
    """The first parts of the modules that a file imports by their full names."""
    found = set()
    for node in imports:
        if isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found.add(node.module.partition(".")[0])
        elif isinstance(node, ast.Import):
            found.update(alias.name.partition(".")[0] for alias in node.names)
    return frozenset(found)


def origins(imports: Iterable[Import], name: str, path: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in imports:
        if isinstance(node, ast.Import):
            found |= {
                alias.asname or alias.name.partition(".")[0]: alias.name
                if alias.asname
                else alias.name.partition(".")[0]
                for alias in node.names
            }
        else:
            source = absolute(node, name, is_package=path.endswith("__init__.py"))
            found |= {
                f"* of {source}" if alias.name == "*" else alias.asname or alias.name: f"{source}.{alias.name}"
                for alias in node.names
            }
    return found


def absolute(node: ast.ImportFrom, name: str, *, is_package: bool) -> str:
    """The module that a `from` names, relative ones resolved."""
    if not node.level:
        return node.module or ""
    parts = name.split(".")
    kept = parts[: len(parts) - node.level + (1 if is_package else 0)]
    return ".".join([*kept, *([node.module] if node.module else [])])


def assignments(body: list[ast.stmt]) -> Iterator[tuple[str, ast.expr, int]]:
    for node in body:
        if isinstance(node, ast.Assign):
            yield from ((name_of(target), node.value, node.lineno) for target in node.targets)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            yield name_of(node.target), node.value, node.lineno
        elif isinstance(node, ast.If | ast.Try | ast.With) and not is_main_guard(node):
            for block in ("body", "orelse", "finalbody"):
                yield from assignments(cast("list[ast.stmt]", getattr(node, block, [])))


def is_main_guard(node: ast.AST) -> bool:
    """`if __name__ == "__main__"`: what is below it isn't there for who imports the module."""
    if not isinstance(node, ast.If) or not isinstance(node.test, ast.Compare):
        return False
    sides = (node.test.left, *node.test.comparators)
    return any(name_of(side) == "__name__" for side in sides) and any(text_of(side) == "__main__" for side in sides)


def name_of(expression: ast.AST | None) -> str:
    """`a.b.c` for a plain or dotted name, else empty."""
    if isinstance(expression, ast.Name):
        return expression.id
    if isinstance(expression, ast.Attribute) and (head := name_of(expression.value)):
        return f"{head}.{expression.attr}"
    return ""


def literal(expression: ast.AST | None) -> object:
    """The value of a literal, None when the expression isn't one."""
    if expression is None:
        return None
    try:
        value: object = ast.literal_eval(expression)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return value


def text_of(expression: ast.AST | None) -> str:
    """A string literal's text, else empty."""
    value = literal(expression)
    return value if isinstance(value, str) else ""


def argument(call: ast.Call, position: int, keyword: str) -> ast.expr | None:
    """One argument of a call, by place or by name."""
    if len(call.args) > position:
        return call.args[position]
    return next((item.value for item in call.keywords if item.arg == keyword), None)


def callable_bare(arguments: ast.arguments, *, bound: bool = False) -> bool:
    """Whether a function can be called without arguments (`bound`: but for the first)."""
    positional = [*arguments.posonlyargs, *arguments.args][1 if bound else 0 :]
    needed = len(positional) - len(arguments.defaults)
    return needed <= 0 and all(default is not None for default in arguments.kw_defaults)
