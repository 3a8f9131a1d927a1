"""Which project of a repository the app belongs to, and the facts as they look from there. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ecluse.manifest.detect.facts import Fact, Kind, every

ROOT = "."
OF_A_PROJECT = frozenset((Kind.NAME, Kind.BUILDS, Kind.MANAGER, Kind.DEPENDENCY, Kind.TEST_EXTRA, Kind.TEST_GROUP))
"""What packaging metadata says, each of its own project."""
FILES = frozenset((Kind.REQUIREMENTS, Kind.TEST_REQUIREMENTS))


def project_of(facts: tuple[Fact, ...], entry: Fact) -> Fact | None:
    """The innermost project below the root that holds the entry point and says what it needs; None for the root's."""
    needing = {fact.folder for fact in every(facts, Kind.DEPENDENCY)}
    around = [
        fact
        for fact in every(facts, Kind.PROJECT)
        if fact.value in needing and any(is_in(path, fact.value) for path in (entry.file, entry.folder))
    ]
    return max(around, key=lambda fact: fact.value.count("/"), default=None)


def seen_from(facts: tuple[Fact, ...], project: str) -> tuple[Fact, ...]:
    """The facts without what other projects say of themselves; requirement files count from the project."""
    return tuple(_seen_from(facts, project))


def _seen_from(facts: tuple[Fact, ...], project: str) -> Iterator[Fact]:
    others = {fact.value for fact in every(facts, Kind.PROJECT)} | {ROOT}
    for fact in facts:
        if fact.kind in OF_A_PROJECT and fact.folder in others - {project}:
            continue
        if fact.kind not in FILES or project == ROOT:
            yield fact
        elif is_in(fact.value, project):
            yield replace(fact, value=fact.value.removeprefix(f"{project}/"))


def is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")
