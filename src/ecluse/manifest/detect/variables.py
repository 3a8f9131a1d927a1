"""Environment variables without which the code does not start, and what they are read as."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator

from ecluse.manifest.detect.envfiles import OWN, examples
from ecluse.manifest.detect.facts import GUESS, LIKELY, Fact, Kind
from ecluse.manifest.detect.guards import Bare
from ecluse.manifest.detect.tree import Tree
from ecluse.manifest.detect.unused import unused_settings
from ecluse.manifest.envtext import assigned
from ecluse.manifest.syntax import Module, argument, literal, name_of, nodes_of, text_of
from ecluse.model.values import frozen

READERS = {"environ.Env", "environs.Env", "decouple.config"}
CASTS = {"int": "int", "float": "float", "bool": "bool", "decimal.Decimal": "float", "json.loads": "json",
         "distutils.util.strtobool": "bool", "pathlib.Path": "path", "uuid.UUID": "uuid"}  # fmt: skip
"""Functions that a variable's text is given to, and what it must then be."""

METHODS = {
    **{name: name for name in ("int", "float", "bool", "json", "url", "list", "dict", "date", "datetime", "uuid")},
    "path": "path", "db": "db", "db_url": "db", "dj_db_url": "db", "cache": "cache", "cache_url": "cache",
    "dj_cache_url": "dj-cache", "email_url": "mail", "dj_email_url": "dj-mail",
}  # fmt: skip
"""Methods of django-environ's and environs' readers, and what the text must then be."""


@frozen
class Demand:
    """`kind` is what the text is read as, empty when it stays text; `at_import`: by whoever imports the module."""

    name: str
    line: int
    at_import: bool
    kind: str = ""


def read(tree: Tree) -> Iterator[Fact]:
    known, own = examples(tree), assigned(tree.text(OWN))
    for module in tree.modules("environ", "config(", "getenv"):
        is_used = module.path not in unused_settings(tree)
        for demand in demanded(module, own):
            if demand.name in own:
                continue
            confidence = LIKELY if demand.at_import and is_used else GUESS - 0.2
            yield Fact(kind=Kind.VARIABLE, value=demand.name, file=module.path, line=demand.line, confidence=confidence,
                       label=known.get(demand.name, ""))  # fmt: skip
            if demand.kind:
                yield Fact(kind=Kind.CAST, value=demand.name, file=module.path, line=demand.line, label=demand.kind)


def demanded(module: Module, held: Collection[str] = ()) -> Iterator[Demand]:
    """What is read without a default; `held` is what the app itself sets."""
    casts = dict(cast_arguments(module))
    nodes = (*module.every(ast.Subscript), *module.every(ast.Call))
    reads = [(node, *read_by(module, node, casts.get(id(node), ""))) for node in nodes]
    named = [(node, name, kind) for node, name, kind in reads if re.fullmatch(r"[A-Z][A-Z0-9_]*", name)]
    late = unreached(module, held) if named else frozenset()  # which takes long, and most modules read nothing
    for node, name, kind in named:
        cast = kind or casts.get(id(node), "")
        yield Demand(name=name, line=getattr(node, "lineno", 0), at_import=id(node) not in late, kind=cast)


def unreached(module: Module, held: Collection[str]) -> frozenset[int]:
    """The nodes that aren't run at import where no variable is set."""
    later = frozenset(id(node) for function in module.all_functions() for node in nodes_of(function))
    return later | Bare(module=module, default=default_read, held=held).unreached()


def default_read(module: Module, call: ast.Call) -> ast.expr | None:
    """What a reader of variables gives where nothing is set, unless a cast makes something else of it."""
    given = argument(call, 1, "default")
    if given is None or not reads_variable(module, call.func):
        return None
    is_cast = bool(kind_read(module, call)) or argument(call, 9, "cast") is not None
    return None if is_cast and isinstance(literal(given), str) else given


def cast_arguments(module: Module) -> Iterator[tuple[int, str]]:
    for call in module.calls():
        if call.args and (kind := CASTS.get(module.origin(call.func))):
            yield id(call.args[0]), kind


def read_by(module: Module, node: ast.AST, cast: str) -> tuple[str, str]:
    """The variable that an expression demands and what it makes of it; empty when it demands none."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        return (text_of(node.slice) if module.origin(node.value) == "os.environ" else ""), ""
    if not isinstance(node, ast.Call) or argument(node, 1, "default") is not None or not node.args:
        return "", ""
    is_bare = module.origin(node.func) in {"os.environ.get", "os.getenv"}  # None, which a cast doesn't take
    if (is_bare and cast) or reads_variable(module, node.func):
        return text_of(node.args[0]), kind_read(module, node)
    return "", ""


def kind_read(module: Module, call: ast.Call) -> str:
    """`config("X", cast=int)`, `env.bool("X")`"""
    cast = module.origin(argument(call, 9, "cast"))
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    return CASTS.get(cast, "") or METHODS.get(method, "")


def reads_variable(module: Module, called: ast.expr) -> bool:
    """`config("X")` of decouple, `env("X")` and `env.str("X")` of django-environ and environs."""
    if module.origin(called) == "decouple.config":
        return True
    maker = name_of(called).partition(".")[0]
    return maker in module.once("variable readers", lambda: frozenset(makers(module)))


def makers(module: Module) -> Iterator[str]:
    """What is bound to something that reads variables."""
    for name, value, _ in module.assigned():
        if isinstance(value, ast.Call) and module.origin(value.func) in READERS:
            yield name
