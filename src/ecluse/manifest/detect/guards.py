"""What a module doesn't run when nobody sets a variable: reads behind a guard switch on what stands there."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from ecluse.manifest.syntax import Module, argument, literal, name_of, nodes_of, text_of
from ecluse.model.values import frozen

DEPTH = 32
"""Expressions in one another that are followed."""
HANDLED = frozenset(("KeyError", "LookupError", "Exception", "BaseException", "UndefinedValueError",
                     "ImproperlyConfigured", "EnvError"))  # fmt: skip
"""What a variable that isn't set raises, in os, decouple, django-environ and environs."""
ENDS = frozenset(("sys.exit", "os._exit", "exit", "quit"))
COMPARED: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Is: operator.is_, ast.IsNot: operator.is_not,
    ast.In: lambda one, other: one in other, ast.NotIn: lambda one, other: one not in other,
}  # fmt: skip
PLAIN: Mapping[str, Callable[[Any], Any]] = {"bool": bool, "str": str, "int": int, "len": len}
METHODS = frozenset(("lower", "upper", "strip", "title", "capitalize"))

Default = Callable[[Module, ast.Call], ast.expr | None]
"""Of a call that reads a variable, what it is when it isn't set; None when that can't be told."""


class UnknownError(Exception):
    """The value of an expression can't be told from the text."""


@frozen
class Bare:
    """The module where no variable is set but those that are `held`."""

    module: Module
    default: Default
    held: Collection[str] = ()
    _bound: dict[str, tuple[Any, ...]] = field(default_factory=dict, compare=False, repr=False)
    """The value of each name that was asked for; empty where it can't be told, or is being told."""

    def unreached(self) -> frozenset[int]:
        """The nodes that aren't run, or whose failure is handled."""
        skipped = (*self.branches(), *self.choices(), *handled(self.module))
        return frozenset(id(node) for each in skipped for node in nodes_of(each))

    def branches(self) -> Iterator[ast.AST]:
        """Those that aren't taken; of an `if` that can't be told what asks for the same variable again."""
        for test, body, orelse in conditions(self.module):
            truth = self.truth(test)
            if truth is None:
                yield from asked_again(test, (*body, *orelse))
            else:
                yield from orelse if truth else body

    def choices(self) -> Iterator[ast.AST]:
        """What stands behind the operand that decides: `"X" in os.environ and …`."""
        for node in self.module.every(ast.BoolOp):
            decides = isinstance(node.op, ast.Or)
            at = next((at for at, each in enumerate(node.values) if self.truth(each) is decides), len(node.values))
            yield from node.values[at + 1 :]

    def truth(self, test: ast.expr) -> bool | None:
        """None when it can't be told."""
        try:
            return bool(self.value(test, DEPTH))
        except UnknownError:
            return None

    def value(self, node: ast.expr, depth: int) -> Any:
        rule = RULES.get(type(node))
        if rule is None or not depth:
            raise UnknownError
        return rule(self, node, depth - 1)

    def bound(self, name: str, depth: int) -> Any:
        """What a name holds that is bound once."""
        if name not in self._bound:
            self._bound[name] = ()
            values = [value for other, value, _ in self.module.assigned() if other == name]
            if len(values) == 1:
                self._bound[name] = (self.value(values[0], depth),)
        if not self._bound[name]:
            raise UnknownError
        return self._bound[name][0]


def conditions(module: Module) -> Iterator[tuple[ast.expr, Sequence[ast.AST], Sequence[ast.AST]]]:
    yield from ((node.test, node.body, node.orelse) for node in module.every(ast.If))
    yield from ((node.test, [node.body], [node.orelse]) for node in module.every(ast.IfExp))


def asked_again(test: ast.expr, below: Iterable[ast.AST]) -> Iterator[ast.AST]:
    names = {text_of(node) for node in nodes_of(test) if isinstance(node, ast.Constant)} - {""}
    for node in (node for each in below for node in nodes_of(each)):
        if text_of(key_of(node)) in names:
            yield node


def key_of(node: ast.AST) -> ast.expr | None:
    """What something is looked up by."""
    if isinstance(node, ast.Subscript):
        return node.slice
    return node.args[0] if isinstance(node, ast.Call) and node.args else None


def handled(module: Module) -> Iterator[ast.AST]:
    """What is in a `try` that goes on without the variable."""
    for node in module.every(ast.Try):
        if any(catches(module, each) and not gives_up(module, each) for each in node.handlers):
            yield from node.body
    for block in module.every(ast.With):
        for item in block.items:
            call = item.context_expr
            if isinstance(call, ast.Call) and module.origin(call.func) == "contextlib.suppress":
                yield from block.body if any(name_of(each) in HANDLED for each in call.args) else ()


def catches(module: Module, handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or module.origin(kind).rpartition(".")[2] in HANDLED for kind in kinds)


def gives_up(module: Module, handler: ast.ExceptHandler) -> bool:
    nodes = nodes_of(handler)
    calls = (module.origin(node.func) for node in nodes if isinstance(node, ast.Call))
    return any(isinstance(node, ast.Raise) for node in nodes) or not ENDS.isdisjoint(calls)


def of_constant(_: Bare, node: Any, __: int) -> Any:
    if not isinstance(node, ast.Constant) and literal(node) is None:
        raise UnknownError
    return literal(node)


def of_name(bare: Bare, node: Any, depth: int) -> Any:
    return bare.bound(node.id, depth)


def of_not(bare: Bare, node: Any, depth: int) -> Any:
    if not isinstance(node.op, ast.Not):
        raise UnknownError
    return not bare.value(node.operand, depth)


def of_choice(bare: Bare, node: Any, depth: int) -> Any:
    """What decides is known whatever the others are."""
    decides, unknown, found = isinstance(node.op, ast.Or), False, None
    for each in node.values:
        try:
            found = bare.value(each, depth)
        except UnknownError:
            unknown = True
            continue
        if bool(found) is decides:
            return decides if unknown else found
    if unknown:
        raise UnknownError
    return found


def of_comparison(bare: Bare, node: Any, depth: int) -> Any:
    compare = COMPARED.get(type(node.ops[0]))
    if len(node.ops) > 1 or compare is None:
        raise UnknownError
    left, right = node.left, node.comparators[0]
    if bare.module.origin(right.func.value if is_keys(right) else right) == "os.environ":
        found: Collection[str] = bare.held
        if not text_of(left) or text_of(left) in found:
            raise UnknownError
    else:
        found = bare.value(right, depth)
    try:
        return compare(bare.value(left, depth), found)
    except TypeError as error:
        raise UnknownError from error


def is_keys(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "keys"


def of_call(bare: Bare, call: Any, depth: int) -> Any:
    origin = bare.module.origin(call.func)
    inner = call.args[0] if len(call.args) == 1 else None
    if origin in {"os.environ.get", "os.getenv"} and call.args:
        if text_of(call.args[0]) in {"", *bare.held}:
            raise UnknownError
        given = argument(call, 1, "default")
        return None if given is None else bare.value(given, depth)
    try:
        if origin in PLAIN and inner is not None and not call.keywords:
            return PLAIN[origin](bare.value(inner, depth))
        if isinstance(call.func, ast.Attribute) and call.func.attr in METHODS and not call.args:
            return getattr(bare.value(call.func.value, depth), call.func.attr)()
    except (TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise UnknownError from error
    given = bare.default(bare.module, call)
    if given is None or text_of(argument(call, 0, "name")) in bare.held:
        raise UnknownError
    return bare.value(given, depth)


def of_walrus(bare: Bare, node: Any, depth: int) -> Any:
    return bare.value(node.value, depth)


RULES: Mapping[type[ast.AST], Callable[[Bare, Any, int], Any]] = {
    ast.Constant: of_constant,
    ast.Tuple: of_constant,
    ast.List: of_constant,
    ast.Set: of_constant,
    ast.Name: of_name,
    ast.UnaryOp: of_not,
    ast.BoolOp: of_choice,
    ast.Compare: of_comparison,
    ast.Call: of_call,
    ast.NamedExpr: of_walrus,
}
"""How the value of each kind of expression is told; the expression given is of that kind."""
