"""Settings modules of a Django project that what runs here never imports: those of another environment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from ecluse.manifest.detect import testruns
from ecluse.manifest.detect.django import file_of, settings_named
from ecluse.manifest.detect.facts import Kind
from ecluse.manifest.detect.tree import Tree, holds
from ecluse.manifest.syntax import Module

ENVIRONMENTS = ("prod", "stag", "dev", "local")
"""How settings for one of several environments begin that aren't called settings."""
BY_TEXT = ("split_settings", "import_module", "importlib", "__import__", "exec(")
"""What imports modules whose names can't be read."""


def unused_settings(tree: Tree) -> frozenset[str]:
    return tree.once("unused settings", lambda: frozenset(beside_chosen(tree)))


def beside_chosen(tree: Tree) -> Iterator[str]:
    """The files beside the settings that are chosen, called settings too, that neither these nor the tests import."""
    chosen = dict(settings_chosen(tree))
    used = tuple(imported(tree, chosen.keys() | set(settings_tested(tree, chosen.values()))))
    if any(holds(tree.text(path), BY_TEXT) for path in used):
        return
    places = {str(PurePosixPath(path).parent) for path in chosen}
    for path in tree.named("*.py"):
        if path not in used and str(PurePosixPath(path).parent) in places and is_settings(path):
            yield path


def settings_chosen(tree: Tree) -> Iterator[tuple[str, str]]:
    """The file that each project has its settings in here, with the project's folder."""
    for manage in tree.named("manage.py"):
        folder = str(PurePosixPath(manage).parent)
        named = sorted(settings_named(tree, manage, folder), key=lambda fact: -fact.confidence)
        if path := file_of(tree, folder, named[0].value) if named else None:
            yield path, folder


def settings_tested(tree: Tree, folders: Iterable[str]) -> Iterator[str]:
    names = {fact.value for fact in testruns.read(tree) if fact.kind is Kind.TEST_SETTINGS}
    yield from (path for folder in set(folders) for name in names if (path := file_of(tree, folder, name)))


def imported(tree: Tree, paths: Iterable[str]) -> Iterator[str]:
    """These files, and those of the tree that they import."""
    pending, seen = list(paths), set[str]()
    while pending:
        path = pending.pop()
        if path in seen or (module := tree.module(path)) is None:
            continue
        seen.add(path)
        yield path
        pending += imports(tree, module)


def imports(tree: Tree, module: Module) -> Iterator[str]:
    for origin in module.origins.values():
        for name in (origin, origin.rpartition(".")[0]):
            if name and (path := file_of(tree, module.folder, name)):
                yield path


def is_settings(path: str) -> bool:
    *_, place, file = ("", *path.split("/"))
    return "settings" in f"{place}/{file}" or file.startswith(ENVIRONMENTS)
