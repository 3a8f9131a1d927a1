"""Console scripts, and whose code they call."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.manifest.detect import setuppy
from ecluse.manifest.detect.facts import GUESS, Fact, Kind
from ecluse.manifest.detect.tree import Tree
from ecluse.manifest.syntax import Module

SERVES = ("uvicorn", "hypercorn", "waitress", "gunicorn", "serve_forever", "wsgiref", "aiohttp", "tornado", "app.run(")
"""Texts one of which stands in a module that starts a server, in whatever way."""


def guessed(tree: Tree) -> Iterator[Fact]:
    """A command line for each console script whose code has to do with a server."""
    for file, line, name, target in declared(tree):
        module = module_of(tree, target)
        text = tree.text(module.path) if module else ""
        if not any(word in text for word in SERVES):
            continue
        option = "--port" if "--port" in text or "port" in text else ""
        serve = " serve" if "def serve(" in text else ""
        command = f"{name}{serve} {option} $PORT".replace("  ", " ")
        yield Fact(kind=Kind.COMMAND, value=command, file=file, line=line, confidence=GUESS - 0.2)


def declared(tree: Tree) -> Iterator[tuple[str, int, str, str]]:
    """File, line, command and `module:function` of each console script, and of each sub-command for Celery's."""
    for table in (("project", "scripts"), ("tool", "poetry", "scripts")):
        for name, target in tree.table("pyproject.toml", *table).items():
            if isinstance(target, str):
                yield "pyproject.toml", tree.line("pyproject.toml", target), name, target
    listed = tree.ini("setup.cfg").get("options.entry_points", "console_scripts", fallback="")
    for name, target in setuppy.console_scripts({"console_scripts": listed}).items():
        yield "setup.cfg", tree.line("setup.cfg", target), name, target
    points, _ = setuppy.keywords(tree).get("entry_points", (None, 0))
    for name, target in setuppy.console_scripts(points, "celery.commands").items():
        yield "setup.py", tree.line("setup.py", target), f"celery {name}", target
    for name, target in tree.table("pyproject.toml", "project", "entry-points", "celery.commands").items():
        yield "pyproject.toml", tree.line("pyproject.toml", str(target)), f"celery {name}", str(target)
    for name, target in setuppy.console_scripts(points).items():
        yield "setup.py", tree.line("setup.py", target), name, target


def module_of(tree: Tree, target: str) -> Module | None:
    """The module of this repository that a `module:function` names."""
    tail = target.partition(":")[0].strip().replace(".", "/")
    ends = (f"{tail}.py", f"{tail}/__init__.py")
    places = (place for end in ends for place in (end, *(f"{root}/{end}" for root in ("src", "lib"))))
    return next((module for place in places if place in tree and (module := tree.module(place))), None)
