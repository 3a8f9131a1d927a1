"""What is made of the commit's files before a release starts: translations, and style sheets compressed offline."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from ecluse.manifest.detect import django_files
from ecluse.manifest.detect.facts import GUESS, SURE, Fact, Kind
from ecluse.manifest.detect.tree import Tree, aside
from ecluse.manifest.syntax import Module, literal

MESSAGES = "LC_MESSAGES"


def read(tree: Tree) -> Iterator[Fact]:
    projects = tuple(django_files.projects(tree))
    yield from translations(tree, [folder for folder, _, _ in projects])
    yield from compressed(projects)


def translations(tree: Tree, projects: list[str]) -> Iterator[Fact]:
    """Catalogues whose compiled form the commit doesn't bring; by Django's command in its project, else by Babel's."""
    lacking = [path for path in tree.named("*.po") if MESSAGES in path.split("/") and not aside(path)
               and f"{path.removesuffix('.po')}.mo" not in tree]  # fmt: skip
    folders = {path.split(f"/{MESSAGES}/")[0].rpartition("/")[0] for path in lacking}
    for folder in sorted(folders):
        first = next(path for path in lacking if path.startswith(f"{folder}/") or not folder)
        home = next((home for home in projects if home == "." or folder.startswith(f"{home}/")), None)
        if home is None:
            value = f"pybabel compile -d {folder or '.'}"
        else:
            value = f"python {posixpath.normpath(posixpath.join(home, 'manage.py'))} compilemessages"
        yield Fact(kind=Kind.PREPARE, value=value, file=first, confidence=SURE + 0.05, label="translations")


def compressed(projects: Iterable[tuple[str, str, tuple[Module, ...]]]) -> Iterator[Fact]:
    """django-compressor: `COMPRESS_OFFLINE = True` answers 500 to each page until it was run."""
    for folder, _, modules in projects:
        for module, value, line in django_files.assigned(modules, "COMPRESS_OFFLINE"):
            if literal(value) is True:
                manage = posixpath.normpath(posixpath.join(folder, "manage.py"))
                yield Fact(kind=Kind.PREPARE, value=f"python {manage} compress --force", file=module.path, line=line,
                           confidence=GUESS, label="COMPRESS_OFFLINE")  # fmt: skip
                return
