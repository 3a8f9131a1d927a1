"""One settings module for whatever runs of a Django project."""

from __future__ import annotations

from ecluse.loop.plan.proposing.locked import Note
from ecluse.manifest.detect.django import VARIABLE
from ecluse.manifest.detect.facts import Fact, Kind, every, first, values


def one_settings_module(facts: tuple[Fact, ...], note: Note) -> dict[str, str]:
    """The variable by which app, migration, commands and tests run under the same settings.

    Empty where the entry points agree and nothing reads it. Else manage.py would migrate one database and the app
    open another.
    """
    chosen = first(facts, Kind.SETTINGS)
    if chosen is None:
        return {}
    others = [
        fact for fact in every(facts, Kind.SETTINGS) if fact.folder == chosen.folder and fact.value != chosen.value
    ]
    if not others and not chosen.label and VARIABLE not in values(facts, Kind.VARIABLE):
        return {}
    differing = "".join(f"; {fact.place} says {fact.value}" for fact in others)
    note(f"environments.local.env.{VARIABLE}", f"{chosen.place}{differing}")
    return {VARIABLE: chosen.value}
