"""What a proposal leaves open, and how a person says it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from ecluse.loop.plan.proposing.migrating import left_out
from ecluse.loop.plan.proposing.services import addresses
from ecluse.loop.plan.proposing.workers import left_out as workers_left_out
from ecluse.manifest.detect.facts import Fact, Kind, every, values
from ecluse.manifest.detect.frontend import UNLOCKED
from ecluse.manifest.envfiles import remedy
from ecluse.model.app import App

MOST_APART = 3
"""Folders that were left out of which each is told how to take it."""


def for_development(facts: tuple[Fact, ...]) -> Iterator[str]:
    held = {fact.value.partition(" ")[0]: fact for fact in reversed(every(facts, Kind.DEVELOPMENT))}
    if held:
        listed = " and ".join(f"{fact.value} ({fact.place})" for fact in held.values())
        names = " and ".join(f"DJANGO_{name}" for name in held)
        yield (
            f"for development: {listed} in the settings; what production has instead isn't said: let them read "
            f"{names}, and set that before production (env and secrets of its environment)"
        )


def in_git(files: tuple[Fact, ...]) -> Iterator[str]:
    if files:
        listed = " and ".join(fact.value for fact in files)
        what_to_type = remedy(tuple(fact.file for fact in files))
        yield f"git doesn't ignore {listed}: committed, it goes into every release; {what_to_type}"


def lacking(app: App) -> Iterator[str]:
    """What an app usually has and this one hasn't, or has off."""
    if app.web is None:
        yield "no web app was found: if there is one, add [processes.web] (`ecluse explain processes` tells more)"
    if not any(step.group == "test" for step in app.steps):
        yield "no tests were found: add [steps.test] with a command and junit"
    for process in app.processes:
        if not process.enabled:
            why = f"({process.why_off}): mend that, then set processes.{process.name}.enabled"
            yield f"{process.name} is declared and off {why}"


def apart(programs: tuple[Fact, ...]) -> Iterator[str]:
    """The folders that a manifest for one app says nothing about."""
    for fact in programs[:MOST_APART]:
        yield (
            f"what {fact.folder}/ is to this app: it runs by itself ({fact.place}) and was left out; "
            f"`ecluse init -C {quote(fact.folder)}` takes it for an app of its own; [apps] names several"
        )
    if more := tuple(fact.folder for fact in programs[MOST_APART:]):
        yield f"what these are to this app, which run by themselves and were left out: {', '.join(more)}"


def unknown(facts: tuple[Fact, ...], app: App) -> Iterator[str]:
    """What this proposal leaves open, and how to say it."""
    for line in values(facts, Kind.UNREAD):
        yield f"what this repository says about {line}: add what is missing by hand"
    yield from left_out(facts)
    if app.frontend and " ".join(app.frontend.install) in UNLOCKED.values():
        yield "which versions the front end is built with: commit a lock (npm install writes package-lock.json)"
    for fact in every(facts, Kind.FIXED):
        yield (
            f"looks for {fact.value} at a fixed address ({fact.place}): let it read a variable, with that as its "
            "default, then `ecluse init --force` gives it a service"
        )
    yield from in_git(every(facts, Kind.EXPOSED))
    yield from for_development(facts)
    yield from lacking(app)
    yield from workers_left_out(every(facts, Kind.WORKER))
    if places := tuple(dict.fromkeys(fact.place for fact in every(facts, Kind.WRITES))):
        more = f" and {len(places) - 6} more" if len(places) > 6 else ""  # noqa: PLR2004 (as many as a line holds)
        yield (
            f"writes to a path that could not be read, or that holds source: {', '.join(places[:6])}{more}: "
            "if that is data, give it a folder of its own and name that in [app] state"
        )
    known = {name for environment in app.environments for name in environment.env} | addresses(app.services).keys()
    late = sorted({fact.value for fact in every(facts, Kind.VARIABLE)} - known)
    if late:
        read = f"read while running or on a condition, not at each start: {', '.join(late[:8])}"
        yield f"{read}: set what you need in [environments.local] env"
