"""What a repository says about itself: small pure readers, each fact with the place it was read at.

A reader is a function from a `Tree` to facts. A new kind of evidence is a new file here and a line in `READERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ecluse.manifest.detect import (
    addresses,
    alone,
    bare,
    callables,
    composition,
    container,
    dashboards,
    database,
    django,
    django_files,
    exposed,
    factories,
    frontend,
    hosts,
    linters,
    locks,
    managers,
    mapped,
    models,
    packaging,
    pasted,
    platforms,
    preparing,
    procfile,
    programs,
    projects,
    pythons,
    requirements,
    routes,
    samples,
    servers,
    suites,
    tables,
    testruns,
    toxnox,
    variables,
    webapps,
    workers,
    writes,
)
from ecluse.manifest.detect.facts import SURE, Fact, Kind
from ecluse.manifest.detect.tree import Tree

Reader = Callable[[Tree], Iterable[Fact]]

READERS: tuple[Reader, ...] = (
    packaging.read,
    projects.read,
    requirements.read,
    locks.read,
    pythons.read,
    django.read,
    django_files.read,
    mapped.read,
    frontend.read,
    webapps.read,
    factories.read,
    pasted.read,
    callables.read,
    servers.read,
    programs.read,
    dashboards.read,
    bare.read,
    procfile.read,
    container.read,
    composition.read,
    managers.read,
    platforms.read,
    routes.read,
    variables.read,
    samples.read,
    exposed.read,
    models.read,
    addresses.read,
    hosts.read,
    database.read,
    tables.read,
    preparing.read,
    writes.read,
    workers.read,
    alone.read,
    suites.read,
    testruns.read,
    toxnox.read,
    linters.read,
)


def detect(tree: Tree, readers: tuple[Reader, ...] = READERS) -> tuple[Fact, ...]:
    """Everything that was found, surest first within each kind; equal facts once."""
    found = dict.fromkeys(fact for reader in readers for fact in guarded(reader, tree))
    if tree.passed_over:
        said = f"itself in {len(tree.passed_over)} deep Python files, for it holds more code than `init` reads"
        found[Fact(kind=Kind.UNREAD, value=said, file=min(tree.passed_over), confidence=SURE)] = None
    return tuple(sorted(found, key=lambda fact: (fact.kind, -fact.confidence, fact.file, fact.line)))


def guarded(reader: Reader, tree: Tree) -> Iterator[Fact]:
    """What a reader finds. One that meets what nobody thought of costs its own facts, and that is a fact too."""
    try:
        yield from reader(tree)
    except Exception as error:  # noqa: BLE001 (any file of any repository may stand behind it)
        about = reader.__module__.rpartition(".")[2]
        said = f"{type(error).__name__}: {error}".partition("\n")[0]
        yield Fact(kind=Kind.UNREAD, value=f"{about}: {said}", file=".", confidence=SURE)
