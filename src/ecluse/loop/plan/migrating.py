"""What runs once before a release starts: the migration, or the Procfile's own release line."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.loop.plan.locked import Note
from ecluse.manifest.argv import SHELL, argv_of
from ecluse.manifest.detect.facts import Fact, Kind, every, first
from ecluse.model.app import Argv

WORDS = ("migrate", "upgrade")
"""What a command line that migrates says."""


def migration(facts: tuple[Fact, ...], entry: Fact, note: Note) -> Argv:
    fact = chosen(facts)
    note("app.migrate", fact)
    if fact is None:
        return ()
    command = fact.value.replace("flask db", f"flask --app {entry.value} db") if fact.label == "flask" else fact.value
    return argv_of(command)


def chosen(facts: tuple[Fact, ...]) -> Fact | None:
    """A migration that the code has, else a release line: one that names a migration before any other."""
    lines = every(facts, Kind.RELEASE)
    return first(facts, Kind.MIGRATE) or next(filter(migrates, lines), None) or next(iter(lines), None)


def migrates(fact: Fact) -> bool:
    """Whether it is a migration for certain; a release line may be anything, such as a message to a chat."""
    return fact.kind is Kind.MIGRATE or any(word in fact.value for word in WORDS)


def left_out(facts: tuple[Fact, ...]) -> Iterator[str]:
    """The release lines that do more than, or something else than, what will be run."""
    run = chosen(facts)
    for fact in every(facts, Kind.RELEASE):
        plain = migrates(fact) and argv_of(fact.value)[: len(SHELL)] != SHELL
        if fact != run and not plain:
            yield f"the release line `{fact.value}` ({fact.place}) is not run: add to app.migrate what a release needs"
