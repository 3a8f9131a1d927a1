"""Environment variables without which the code does not start."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ecluse.manifest.detect import dockerfile
from ecluse.manifest.detect.facts import GUESS, LIKELY, Fact, Kind
from ecluse.manifest.detect.syntax import Module, name_of, text_of
from ecluse.manifest.detect.tree import Tree

EXAMPLES = (".env.example", ".env.sample", ".env.template", ".env.dist", "env.example", "example.env")
READERS = {"environ.Env", "environs.Env", "decouple.config"}


def read(tree: Tree) -> Iterator[Fact]:
    known = examples(tree)
    for module in tree.modules("environ", "config(", "getenv"):
        for name, line, at_import in demanded(module):
            confidence = LIKELY if at_import else GUESS - 0.2
            yield Fact(kind=Kind.VARIABLE, value=name, file=module.path, line=line, confidence=confidence,
                       label=known.get(name, ""))  # fmt: skip


def demanded(module: Module) -> Iterator[tuple[str, int, bool]]:
    """Name, line, and whether the import itself reads it."""
    late = {id(node) for function in functions(module) for node in ast.walk(function)}
    for node in ast.walk(module.body):
        name = ""
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            name = text_of(node.slice) if module.origin(node.value) == "os.environ" else ""
        elif isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
            name = text_of(node.args[0]) if reads_variable(module, node.func) else ""
        if re.fullmatch(r"[A-Z][A-Z0-9_]*", name):
            yield name, getattr(node, "lineno", 0), id(node) not in late


def reads_variable(module: Module, called: ast.expr) -> bool:
    """`config("X")` of decouple, `env("X")` and `env.str("X")` of django-environ and environs."""
    if module.origin(called) == "decouple.config":
        return True
    maker = name_of(called).partition(".")[0]
    made = (value for name, value, _ in module.assigned() if name == maker)
    return any(isinstance(value, ast.Call) and module.origin(value.func) in READERS for value in made)


def functions(module: Module) -> Iterator[ast.AST]:
    return (node for node in ast.walk(module.body) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def examples(tree: Tree) -> dict[str, str]:
    """What the example files suggest, the first file first; else what a Dockerfile sets, places apart."""
    found = {name: value for name, value in dockerfile.variables(dockerfile.instructions(tree))
             if "$" not in value and not value.startswith("/")}  # fmt: skip
    for file in reversed(EXAMPLES):
        for line in tree.text(file).splitlines():
            if match := re.match(r"\s*(?:export\s+)?([A-Z][A-Z0-9_]*)\s*=\s*[\"']?([^\"'#]*)", line):
                found[match.group(1)] = match.group(2).strip()
    return found
