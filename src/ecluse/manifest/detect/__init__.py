"""What a repository says about itself: small pure readers, each fact with the place it was read at.

A reader is a function from a `Tree` to facts. A new kind of evidence is a new file here and a line in `READERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ecluse.manifest.detect import (
    callables,
    database,
    django,
    dockerfile,
    linters,
    models,
    packaging,
    procfile,
    pythons,
    requirements,
    routes,
    scripts,
    servers,
    suites,
    variables,
    webapps,
    workers,
    writes,
)
from ecluse.manifest.detect.facts import Fact
from ecluse.manifest.detect.tree import Tree

Reader = Callable[[Tree], Iterable[Fact]]

READERS: tuple[Reader, ...] = (
    packaging.read,
    requirements.read,
    pythons.read,
    django.read,
    webapps.read,
    callables.read,
    servers.read,
    scripts.read,
    procfile.read,
    dockerfile.read,
    routes.read,
    variables.read,
    models.read,
    database.read,
    writes.read,
    workers.read,
    suites.read,
    linters.read,
)


def detect(tree: Tree, readers: tuple[Reader, ...] = READERS) -> tuple[Fact, ...]:
    """Everything that was found, surest first within each kind; equal facts once."""
    found = dict.fromkeys(fact for reader in readers for fact in reader(tree))
    return tuple(sorted(found, key=lambda fact: (fact.kind, -fact.confidence, fact.file, fact.line)))
