"""What can be started without being known to serve: at the root, and in each folder that declares what it needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from ecluse.manifest.detect import procfile, projects, webapps, workers
from ecluse.manifest.detect.apps import home_of, homes_of
from ecluse.manifest.detect.facts import GUESS, LIKELY, Fact, Kind
from ecluse.manifest.detect.running import COMMANDS
from ecluse.manifest.detect.tree import Tree, aside
from ecluse.manifest.syntax import Module, is_main_guard

USUAL = frozenset(("worker", "main", "__main__", "run", "consumer", "bot", "daemon", "scheduler"))


def read(tree: Tree) -> Iterator[Fact]:
    """The likeliest of each such folder; of the root only what is no worker yet and no app."""
    homes = frozenset(filter(is_own, homes_of({folder for folder, _ in projects.folders(tree)}, tree.paths)))
    best: dict[str, Fact] = {}
    for fact in (*listed(tree, homes), *declared(tree, homes), *guarded(tree, homes)):
        known = best.setdefault(fact.folder, fact)
        best[fact.folder] = max(known, fact, key=lambda one: one.confidence)
    yield from best.values()


def is_own(folder: str) -> bool:
    return not aside(f"{folder}/x.py")


def listed(tree: Tree, homes: frozenset[str]) -> Iterator[Fact]:
    """Of a folder's own Procfile."""
    for home in sorted(homes):
        for fact in procfile.read(tree.below(home)):
            if fact.kind in {Kind.COMMAND, Kind.ASGI, Kind.WSGI, Kind.WORKER}:
                yield replace(fact, kind=Kind.PROGRAM, file=f"{home}/{fact.file}", folder=home, label="")


def declared(tree: Tree, homes: frozenset[str]) -> Iterator[Fact]:
    """Workers and apps in the code of such folders."""
    for fact in (*workers.read(tree), *webapps.read(tree)):
        home = home_of(fact.file, homes)
        if home != "." and fact.kind is not Kind.QUEUE and fact.confidence >= LIKELY:
            yield replace(fact, kind=Kind.PROGRAM, folder=home, label="")


def guarded(tree: Tree, homes: frozenset[str]) -> Iterator[Fact]:
    """`if __name__ == "__main__"`: a person starts it."""
    for module in tree.modules("__main__"):
        guard = next(filter(is_main_guard, module.body.body), None)
        is_package = module.path.endswith("/__main__.py")
        if (guard is None and not is_package) or COMMANDS.search(module.path):
            continue
        home = home_of(module.path, homes)
        sure = LIKELY if PurePosixPath(module.path).stem in USUAL else GUESS
        yield Fact(kind=Kind.PROGRAM, value=command(tree, module, home), file=module.path,
                   line=guard.lineno if guard else 0, folder=home,
                   confidence=round(sure - 0.02 * module.path.count("/"), 3))  # fmt: skip


def command(tree: Tree, module: Module, home: str) -> str:
    """How it is started in its folder: a module of a package by its name, else by its path."""
    path = module.path if home == "." else module.path.removeprefix(f"{home}/")
    folder, _, name = path.rpartition("/")
    if not folder or (name != "__main__.py" and f"{module.path.rpartition('/')[0]}/__init__.py" not in tree):
        return f"python {path}"
    return f"python -m {path.removesuffix('.py').removesuffix('/__main__').replace('/', '.')}"
