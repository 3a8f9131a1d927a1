"""Which modules run when the app does: not commands of its own, nor scripts that nobody imports."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from ecluse.manifest.detect import callables, webapps
from ecluse.manifest.detect.facts import Fact
from ecluse.manifest.detect.tree import Tree
from ecluse.manifest.syntax import Module

COMMANDS = re.compile(r"(^|/)(management/commands|alembic|versions)/|(^|/)(manage|noxfile|fabfile|gunicorn\.conf)\.py$")
STARTS = ("Procfile", "Procfile.dev", "Dockerfile", "pyproject.toml")
"""Files that name what is started."""


def running(tree: Tree, modules: tuple[Module, ...]) -> Iterator[Module]:
    imported = {name for module in modules for origin in module.origins.values() for name in beginnings(origin)}
    made = {fact.file for fact in apps(tree)}
    started = "\n".join(map(tree.text, STARTS))
    for module in modules:
        is_used = module.path in made or module.path in started or not imported.isdisjoint(names(module))
        if not COMMANDS.search(module.path) and (is_used or not is_script(tree, module)):
            yield module


def apps(tree: Tree) -> Iterator[Fact]:
    return (fact for reader in (webapps.read, callables.read) for fact in reader(tree))


def working_folder(tree: Tree) -> str | None:
    """Where the app is started, and relative paths count from; None when it has no app, or some in several folders."""
    folders = {fact.folder for fact in apps(tree)}
    return folders.pop() if len(folders) == 1 else None


def names(module: Module) -> Iterator[str]:
    """What it may be imported as, from whichever folder."""
    parts = module.path.removesuffix(".py").removesuffix("/__init__").split("/")
    return (".".join(parts[start:]) for start in range(len(parts)))


def beginnings(origin: str) -> Iterator[str]:
    """`a.b.c` imports `a`, `a.b` and perhaps `a.b.c`."""
    parts = origin.removeprefix("* of ").split(".")
    return (".".join(parts[:number]) for number in range(1, len(parts) + 1))


def is_script(tree: Tree, module: Module) -> bool:
    """Whether it is made to be started, or lies in a folder that is no package."""
    folder = posixpath.dirname(module.path)
    is_packaged = folder in {"", "src", "lib"} or f"{folder}/__init__.py" in tree
    return "__main__" in tree.text(module.path) or not is_packaged
