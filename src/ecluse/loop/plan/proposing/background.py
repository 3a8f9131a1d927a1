"""The background processes of a repository in which nothing serves. Pure."""

from __future__ import annotations

from dataclasses import replace

from ecluse.manifest.detect.facts import GUESS, LIKELY, Fact, Kind, every

NAME = "worker"
LEAST = (GUESS + LIKELY) / 2
"""Of a program that is begun without being asked for: its name says that it runs."""


def background(facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """What is declared to run, else the program that is named like one; none where something nearly serves, or may
    serve in files that nobody can read."""
    if every(facts, Kind.NEARLY) or every(facts, Kind.UNPARSED):
        return ()
    programs = (fact for fact in at_root(facts) if fact.confidence >= LEAST)
    return every(facts, Kind.WORKER) or tuple(replace(fact, kind=Kind.WORKER, label=NAME) for fact in programs)[:1]


def at_root(facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
    return tuple(fact for fact in every(facts, Kind.PROGRAM) if fact.folder == ".")


def hint(facts: tuple[Fact, ...]) -> str:
    """The line by which what was found runs without a web process; empty where nothing was found."""
    found = next(iter((*every(facts, Kind.WORKER), *at_root(facts))), None)
    if found is None:
        return ""
    words = ", ".join(f'"{word}"' for word in found.value.split())
    return f"what serves nothing needs no [processes.web]: `[processes.{NAME}] command = [{words}]` alone works"
