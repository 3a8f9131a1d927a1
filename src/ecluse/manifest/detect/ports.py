"""How a program is told its port from outside: by a variable, an option, a word, or not at all."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any

from ecluse.manifest.detect import models, options
from ecluse.manifest.detect.scopes import Scope, Values, calls, parameters
from ecluse.manifest.detect.variables import reads_variable
from ecluse.manifest.syntax import Function, Module, argument, name_of, text_of
from ecluse.model.values import frozen

DEPTH = 16
"""Steps followed before giving up."""


class By(StrEnum):
    VARIABLE = "variable"
    OPTION = "option"
    WORD = "word"
    """The command's first word."""
    FIXED = "fixed"
    """The number stands in the code."""
    UNKNOWN = "unknown"


@frozen
class Told:
    """`name` is that of the variable or option, or the number; `command` the sub-command that takes the option."""

    by: By
    name: str = ""
    command: str = ""


UNKNOWN = Told(by=By.UNKNOWN)


@frozen
class Asker:
    """Follows an expression to where its value is given from outside."""

    values: Values

    def told(self, scope: Scope, expression: ast.expr | None, depth: int = DEPTH) -> Told | None:
        """None where it can't be read off."""
        rule = RULES.get(type(expression)) if expression is not None and depth else None
        return rule(self, scope, expression, depth - 1) if rule else None

    def any_of(self, scope: Scope, expressions: list[ast.expr], depth: int) -> Told | None:
        """The one of them that says most."""
        return best(told for each in expressions if (told := self.told(scope, each, depth)))

    def given(self, scope: Scope, name: str, depth: int) -> Told | None:
        """What a parameter of the function around gets: from a command line, from its callers, else its default."""
        function = scope.function
        if function is None:
            return None
        if option := options.of_function(scope.module, function, name):
            return Told(by=By.WORD if option.is_word else By.OPTION, name=option.name, command=option.command)
        callers = [(where, call) for where, call in self.calls_of(scope) if passed(call, function, name) is not None]
        found = [told for where, call in callers if (told := self.told(where, passed(call, function, name), depth))]
        outer = scope.outer or Scope(scope.module)
        default = self.told(outer, default_of(function, name), depth)
        return best(found) or default

    def calls_of(self, scope: Scope) -> Iterator[tuple[Scope, ast.Call]]:
        """Calls of the function around, or of its class if it is a maker."""
        assert scope.function is not None  # noqa: S101 (asked for a parameter)
        name = scope.function.name
        wanted = class_around(scope.module, scope.function) if name == "__init__" else name
        for module in self.values.modules.values():
            for where, call in calls(module):
                if wanted and name_of(call.func).rpartition(".")[2] == wanted:
                    yield where, call


def best(found: Iterable[Told]) -> Told | None:
    """What can be told from outside before what can't be read, that before a number: it is what stands in for those."""
    order = {By.UNKNOWN: 1, By.FIXED: 2}
    return min(found, key=lambda told: order.get(told.by, 0), default=None)


def passed(call: ast.Call, function: Function, name: str) -> ast.expr | None:
    names = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
    bound = names[:1] in (["self"], ["cls"])
    position = names.index(name) - bound if name in names else len(call.args)
    return argument(call, position, name)


def default_of(function: Function, name: str) -> ast.expr | None:
    positional = [*function.args.posonlyargs, *function.args.args]
    late = positional[len(positional) - len(function.args.defaults) :]
    pairs = [*zip(late, function.args.defaults, strict=True)]
    pairs += [(each, value) for each, value in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
              if value is not None]  # fmt: skip
    return next((value for each, value in pairs if each.arg == name), None)


def class_around(module: Module, function: Function) -> str:
    return next((node.name for node in module.every(ast.ClassDef) if function in node.body), "")


def of_constant(_: Asker, __: Scope, expression: Any, ___: int) -> Told | None:
    value = expression.value
    is_number = (isinstance(value, int) and not isinstance(value, bool)) or (
        isinstance(value, str) and value.isdecimal()
    )
    return Told(by=By.FIXED, name=str(value)) if is_number and int(value) else None


def of_name(asker: Asker, scope: Scope, expression: Any, depth: int) -> Told | None:
    name = expression.id
    for where in scope.above():
        if bound := asker.values.local(where).get(name):
            return asker.any_of(where, bound, depth)
        if where.function and name in parameters(where.function):
            return asker.given(where, name, depth)
    bound = [value for _, value in asker.values.of(scope, name)]
    where = next((where for where, _ in asker.values.of(scope, name)), scope)
    return asker.any_of(where, bound, depth)


def of_attribute(asker: Asker, scope: Scope, expression: Any, depth: int) -> Told | None:
    """`args.port`, `self.port`, `settings.port`, `config.PORT`"""
    name = name_of(expression)
    if name.startswith("self."):
        held = list(held_by_self(asker.values, scope.module, name))
        if told := best(told for where, value in held if (told := asker.told(where, value, depth))):
            return told
    if option := options.of_attribute(asker.values, scope, expression):
        return Told(by=By.WORD if option.is_word else By.OPTION, name=option.name, command=option.command)
    if variable := models.variable_of(tuple(asker.values.modules.values()), expression.attr):
        return Told(by=By.VARIABLE, name=variable)
    bound = attributes(asker.values, scope, expression)
    return best(told for where, value in bound if (told := asker.told(where, value, depth)))


def held_by_self(values: Values, module: Module, name: str) -> Iterator[tuple[Scope, ast.expr]]:
    for function in module.all_functions():
        scope = Scope(module, function, Scope(module))
        yield from ((scope, value) for value in values.local(scope).get(name, ()))
    for bound, value in values.local(Scope(module)).items():
        if bound.rpartition(".")[2] == name.removeprefix("self."):
            yield from ((Scope(module), each) for each in value)


def attributes(values: Values, scope: Scope, expression: Any) -> Iterator[tuple[Scope, ast.expr]]:
    """What an attribute of that name is bound to: by its full name, else in a class of any module."""
    name = name_of(expression)
    if name:
        yield from values.of(scope, name)
    for module in (scope.module, *values.modules.values()):
        for bound, found in values.local(Scope(module)).items():
            if "." in bound and bound.rpartition(".")[2] == expression.attr:
                yield from ((Scope(module), each) for each in found)


def of_call(asker: Asker, scope: Scope, call: Any, depth: int) -> Told | None:
    origin = scope.module.origin(call.func)
    if origin in {"os.environ.get", "os.getenv", "environ.get", "os.environ.pop"} and call.args:
        return Told(by=By.VARIABLE, name=text_of(call.args[0])) if text_of(call.args[0]) else UNKNOWN
    if call.args and text_of(call.args[0]) and reads_variable(scope.module, call.func):
        return Told(by=By.VARIABLE, name=text_of(call.args[0]))
    if origin.rpartition(".")[2] in {"int", "str", "float", "cast"} and call.args:
        return asker.told(scope, call.args[-1], depth)
    if call.args and (option := text_of(call.args[0])).startswith("--"):
        return Told(by=By.OPTION, name=option)
    return UNKNOWN


def of_subscript(_: Asker, scope: Scope, expression: Any, __: int) -> Told | None:
    """`os.environ["PORT"]`, `sys.argv[1]`, docopt's `arguments["--port"]`"""
    origin, key = scope.module.origin(expression.value), text_of(expression.slice)
    if origin == "os.environ" and key:
        return Told(by=By.VARIABLE, name=key)
    if origin == "sys.argv" and isinstance(expression.slice, ast.Constant) and expression.slice.value == 1:
        return Told(by=By.WORD)
    return Told(by=By.OPTION, name=key) if key.startswith("--") else UNKNOWN


def of_choice(asker: Asker, scope: Scope, expression: Any, depth: int) -> Told | None:
    either = expression.values if isinstance(expression, ast.BoolOp) else [expression.body, expression.orelse]
    return asker.any_of(scope, either, depth)


RULES: Mapping[type[ast.AST], Callable[[Asker, Scope, Any, int], Told | None]] = {
    ast.Constant: of_constant,
    ast.Name: of_name,
    ast.Attribute: of_attribute,
    ast.Call: of_call,
    ast.Subscript: of_subscript,
    ast.BoolOp: of_choice,
    ast.IfExp: of_choice,
}
