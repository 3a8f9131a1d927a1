"""Factories that want arguments: what the repository itself gives them, as far as it can be written in a manifest."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ecluse.manifest.detect.facts import GUESS, LIKELY, SURE, Fact, Kind
from ecluse.manifest.detect.tree import Tree, aside
from ecluse.manifest.detect.webapps import WORDS, entry, makes
from ecluse.manifest.syntax import Function, Module, callable_bare, literal, name_of

LOCAL = ("development", "dev", "local", "default", "debug")
"""Words for settings that want the least of a machine, the most fitting first."""


def read(tree: Tree) -> Iterator[Fact]:
    for module in tree.modules(*WORDS):
        for function in module.functions():
            kind = makes(module, function)
            if kind is None or callable_bare(function.args) or function.name.startswith("_"):
                continue
            if isinstance(function, ast.AsyncFunctionDef):
                continue
            yield from of_factory(tree, module, function, kind)


def of_factory(tree: Tree, module: Module, function: Function, kind: Kind) -> Iterator[Fact]:
    found = sorted(called(tree, function.name), key=lambda one: rank(one[0]))
    for text, file, line in found[:2]:
        confidence = LIKELY - (0.1 if aside(file) else 0.0) - rank(text) / 20
        fact = entry(module, kind, f"{function.name}({text})", line, confidence)
        yield Fact(kind=kind, value=fact.value, file=file, line=line, folder=fact.folder, confidence=fact.confidence)
    if not found and function.args.kwarg and needed(function) == ["global_config"]:
        yield entry(
            module, kind, f"{function.name}({{}})", function.lineno, LIKELY
        )  # docs.pylonsproject.org, PasteDeploy
    elif not found:
        for text in choices(tree):
            yield entry(module, kind, f"{function.name}({text!r})", function.lineno, GUESS)
            return
        wanted = ", ".join(needed(function))
        yield Fact(kind=Kind.NEARLY, value=f"{module.name}:{function.name}", file=module.path, line=function.lineno,
                   confidence=SURE, label=f"wants {wanted}, which nothing in the repository gives")  # fmt: skip


def called(tree: Tree, name: str) -> Iterator[tuple[str, str, int]]:
    """The arguments of its calls that are literals, as they are written, with file and line."""
    for path in tree.named("*.py"):
        if name not in tree.text(path) or (module := tree.module(path)) is None:
            continue
        for call in module.calls():
            if name_of(call.func).rpartition(".")[2] == name and (call.args or call.keywords):
                values = [*call.args, *(item.value for item in call.keywords)]
                if all(is_literal(value) for value in values) and all(item.arg for item in call.keywords):
                    yield (
                        ast.unparse(ast.Call(func=ast.Name(id=""), args=call.args, keywords=call.keywords))[1:-1],
                        path,
                        call.lineno,
                    )


def is_literal(value: ast.expr) -> bool:
    return literal(value) is not None or (isinstance(value, ast.Constant) and value.value is None)


def rank(text: str) -> int:
    return next((number for number, word in enumerate(LOCAL) if word in text.lower()), len(LOCAL))


def choices(tree: Tree) -> Iterator[str]:
    """Keys of `config = {"development": DevelopmentConfig, …}` that stand for a developer's machine."""
    for module in tree.modules("config", "CONFIG"):
        for _, value, _ in module.assigned():
            keys = [literal(key) for key in value.keys] if isinstance(value, ast.Dict) else []
            yield from [word for word in LOCAL if word in keys]


def needed(function: Function) -> list[str]:
    given = function.args
    positional = [*given.posonlyargs, *given.args]
    bare = positional[: len(positional) - len(given.defaults)]
    late = [each for each, value in zip(given.kwonlyargs, given.kw_defaults, strict=True) if value is None]
    return [each.arg for each in (*bare, *late)]
