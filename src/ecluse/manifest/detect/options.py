"""Options of command lines as the code declares them: argparse, click, typer, fire, tornado."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ecluse.manifest.detect.scopes import Scope, Values
from ecluse.manifest.syntax import Function, Module, argument, name_of, text_of
from ecluse.model.values import frozen

PARSED = ("args", "arguments", "options", "opts", "namespace", "ns", "parsed", "flags", "cli_args")
"""What the result of a parser is usually called where it is handed on."""


@frozen
class Option:
    """`name` as it is written, with `=` behind it where nothing else is understood; `is_word`: the first argument."""

    name: str = ""
    command: str = ""
    is_word: bool = False


def of_attribute(values: Values, scope: Scope, expression: ast.Attribute) -> Option | None:
    """`args.port` of argparse, `options.port` of tornado."""
    receiver = name_of(expression.value).rpartition(".")[2]
    bound = next(iter(values.of(scope, receiver)), None) if receiver else None
    is_parsed = bound is not None and name_of(getattr(bound[1], "func", None)).rpartition(".")[2].startswith("parse")
    if not is_parsed and receiver not in PARSED:
        return None
    modules = (scope.module, *(module for module in values.modules.values() if module is not scope.module))
    found = (option for module in modules for option in declared(values, module, expression.attr))
    return next(found, None)


def declared(values: Values, module: Module, wanted: str) -> Iterator[Option]:
    for call in module.calls():
        last = call.func.attr if isinstance(call.func, ast.Attribute) else name_of(call.func)
        texts = [text_of(each) for each in call.args if text_of(each)]
        if last in {"add_argument", "add_option"} and texts:
            chosen = text_of(argument(call, 99, "dest")) or in_code(longest(texts))
            if chosen == wanted:
                named = next((text for text in texts if text.startswith("--")), longest(texts))
                is_word = not named.startswith("-")
                yield Option(name="" if is_word else named, command=sub_command(values, module, call), is_word=is_word)
        elif last == "define" and texts[:1] == [wanted] and "tornado" in " ".join(module.origins.values()):
            yield Option(name=f"--{wanted}=")


def sub_command(values: Values, module: Module, call: ast.Call) -> str:
    """The word behind which an option is understood: its parser was made by `add_parser("serve")`."""
    receiver = name_of(call.func).rpartition(".")[0]
    for scope in scopes(module):
        for made in values.local(scope).get(receiver, ()):
            if isinstance(made, ast.Call) and name_of(made.func).endswith("add_parser") and made.args:
                return text_of(made.args[0])
    return ""


def scopes(module: Module) -> Iterator[Scope]:
    yield Scope(module)
    yield from (Scope(module, node, Scope(module)) for node in module.walk() if isinstance(node, Function))


def of_function(module: Module, function: Function, parameter: str) -> Option | None:
    """The option that fills a parameter of a function which is a command: of click, of typer, of fire."""
    decorators = [each if isinstance(each, ast.Call) else ast.Call(func=each, args=[], keywords=[])
                  for each in function.decorator_list]  # fmt: skip
    command = next((each for each in decorators if is_command(each)), None)
    if command is None:
        return handed_over(module, function, parameter)
    word = word_of(module, command, function)
    for each in decorators:
        texts = [text_of(given) for given in each.args if text_of(given)]
        kind = name_of(each.func).rpartition(".")[2]
        plain = [text for text in texts if not text.startswith("-")]
        if kind in {"option", "argument"} and texts and in_code((plain or [longest(texts)])[0]) == parameter:
            named = next((text for text in texts if text.startswith("--")), longest(texts))
            return Option(name=named if kind == "option" else "", command=word, is_word=kind == "argument")
    return of_typer(function, parameter, word)


def is_command(decorator: ast.Call) -> bool:
    """`@click.command()`, `@cli.command("serve")`, `@app.command`"""
    return name_of(decorator.func).rpartition(".")[2] == "command"


def word_of(module: Module, decorator: ast.Call, function: Function) -> str:
    """What calls the command in a group of several; empty when it stands alone."""
    group = name_of(decorator.func).rpartition(".")[0]
    if not group or module.origins.get(group, group) == "click":
        return ""
    is_typer = any(name == group and name_of(getattr(value, "func", None)).endswith("Typer")
                   for name, value, _ in module.assigned())  # fmt: skip
    beside = [each for each in module.functions() for one in each.decorator_list
              if name_of(getattr(one, "func", one)).startswith(f"{group}.")]  # fmt: skip
    if is_typer and len(beside) == 1:
        return ""
    given = text_of(decorator.args[0]) if decorator.args else text_of(argument(decorator, 9, "name"))
    return given or function.name.removesuffix("_command").replace("_", "-")


def of_typer(function: Function, parameter: str, word: str) -> Option | None:
    """`port: int = 8000`, `port: int = typer.Option(8000, "--port")`: what has a default is an option."""
    given = function.args
    positional = [*given.posonlyargs, *given.args]
    late = {each.arg for each in positional[len(positional) - len(given.defaults) :]}
    names = {each.arg for each in (*positional, *given.kwonlyargs)}
    if parameter not in names:
        return None
    is_option = parameter in late or parameter in {each.arg for each in given.kwonlyargs}
    return Option(name=f"--{parameter.replace('_', '-')}" if is_option else "", command=word, is_word=not is_option)


def handed_over(module: Module, function: Function, parameter: str) -> Option | None:
    """`typer.run(main)`, `fire.Fire(main)`"""
    for call in module.calls():
        if module.origin(call.func) in {"typer.run", "fire.Fire"} and function.name in map(name_of, call.args):
            return of_typer(function, parameter, "")
    return None


def longest(texts: list[str]) -> str:
    """What argparse and click name the value after: the first long option."""
    return next((text for text in texts if text.startswith("--")), texts[0])


def in_code(option: str) -> str:
    return re.sub(r"\W", "_", option.lstrip("-")).lower()
