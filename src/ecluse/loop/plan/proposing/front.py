"""The front end that was found, as the manifest says it. Pure."""

from __future__ import annotations

from ecluse.loop.plan.proposing.locked import Note
from ecluse.manifest.argv import argv_of
from ecluse.manifest.detect.facts import Fact, Kind, first, values
from ecluse.model.app import Frontend


def frontend_of(facts: tuple[Fact, ...], note: Note) -> Frontend | None:
    """The front end that was found; where it says what it writes, with that."""
    fact = first(facts, Kind.FRONTEND)
    if fact is None:
        return None
    note("frontend.command", fact)
    node = first(facts, Kind.NODE)
    note("frontend.node", node)
    inputs = None if fact.folder == "." else (f"{fact.folder}/**",)
    outputs = tuple(value if "." in value.rpartition("/")[2] else f"{value}/" for value in values(facts, Kind.BUILT))
    return Frontend(
        command=argv_of(fact.value), install=argv_of(fact.label) if fact.label else (), folder=fact.folder,
        node=node.value if node else "", inputs=inputs, outputs=outputs,
    )  # fmt: skip
