"""What outlives a release: the paths that are data, and what it takes for the code to find them there. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from ecluse.loop.plan.proposing.locked import Note
from ecluse.loop.plan.proposing.written import outermost
from ecluse.manifest.detect.facts import Fact, Kind, every


def state(facts: tuple[Fact, ...], note: Note) -> tuple[str, ...]:
    found: dict[str, Fact] = {}
    for fact in every(facts, Kind.STATE):
        found.setdefault(str(PurePosixPath(fact.value)) + "/" * fact.value.endswith("/"), fact)
    kept = outermost(found)
    for path in kept:
        fact = found[path]
        note(f"app.state.{path}", f"{fact.place}; {fact.label}" if fact.label else fact)
    return kept


def import_path(facts: tuple[Fact, ...], note: Note) -> Mapping[str, str]:
    """Code in `src/` that writes beside itself runs from the tree: installed, it would write into its environment."""
    fact = next((fact for fact in every(facts, Kind.STATE) if fact.folder != "."), None)
    if fact is None:
        return {}
    note("app.env", f"{fact.place} writes beside the code, which so runs from the tree")
    return {"PYTHONPATH": fact.folder}
