"""Apps of frameworks that bring their own server, where nothing in the repository starts it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from ecluse.manifest.detect import programs
from ecluse.manifest.detect.facts import GUESS, Fact, Kind
from ecluse.manifest.detect.tree import Tree
from ecluse.manifest.detect.webapps import usual
from ecluse.manifest.syntax import Function, Module, callable_bare, name_of

STARTED: Mapping[str, str] = {
    "aiohttp.web.Application": "import os; from aiohttp import web; from {module} import {name}; "
    "web.run_app({made}, host='127.0.0.1', port=int(os.environ['PORT']))",
    "tornado.web.Application": "import os,asyncio; from tornado.ioloop import IOLoop; from {module} import {name}; "
    "start=lambda: {made}.listen(int(os.environ['PORT']),'127.0.0.1'); IOLoop.current().add_callback(start); "
    "IOLoop.current().start()",
}
"""By the class of the app: Python that serves it."""
NAMES = ("app", "application", "create_app", "make_app", "init_app", "build_app", "get_app", "init")


def read(tree: Tree) -> Iterator[Fact]:
    started = {launch.module.path.partition("/")[0] for launch in programs.survey(tree).found if launch.starter.is_own}
    for module in tree.modules("Application("):
        if module.path.partition("/")[0] in started:
            continue
        for name, origin, line in (*objects(module), *factories(module)):
            bare = name.removesuffix("()")
            code = STARTED[origin].format(module=module.name, name=bare, made=name)
            confidence = GUESS + usual(bare, NAMES) - 0.02 * module.path.count("/")
            yield Fact(kind=Kind.COMMAND, value=f'exec python -c "{code}"', file=module.path, line=line,
                       folder=module.folder, confidence=round(confidence, 3))  # fmt: skip


def objects(module: Module) -> Iterator[tuple[str, str, int]]:
    for name, value, line in module.assigned():
        origin = module.origin(value.func) if isinstance(value, ast.Call) else ""
        if origin in STARTED and name.isidentifier():
            yield name, origin, line


def factories(module: Module) -> Iterator[tuple[str, str, int]]:
    for function in module.functions():
        origin = returned(module, function)
        is_late = isinstance(function, ast.AsyncFunctionDef) and not origin.startswith("aiohttp")
        if origin in STARTED and callable_bare(function.args) and not is_late:
            yield f"{function.name}()", origin, function.lineno


def returned(module: Module, function: Function) -> str:
    """The class of what a function makes and returns, by its annotation too."""
    bound = [node for node in ast.walk(function) if isinstance(node, ast.Assign)]
    made = {
        name_of(node.targets[0]): module.origin(node.value.func) for node in bound if isinstance(node.value, ast.Call)
    }
    for node in ast.walk(function):
        if isinstance(node, ast.Return):
            called = module.origin(node.value.func) if isinstance(node.value, ast.Call) else ""
            return called or made.get(name_of(node.value), module.origin(function.returns))
    return module.origin(function.returns)
