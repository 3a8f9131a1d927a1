"""A plan: what is to be done, and what has to be done before it. Pure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from ecluse.model.events.event import Event
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.values import frozen
from ecluse.ports.world import World

NOTHING: AbstractSet[str] = frozenset()


class State(StrEnum):
    """How a node ended."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not_run"
    """Something it needs did not pass, or the run was stopped before it began or while it ran."""


@frozen
class Outcome:
    """What an action brings back. `result` is for whoever made the plan; the engine only hands it on."""

    passed: bool
    events: tuple[Event, ...] = ()
    result: Any = None


@frozen
class Ended:
    """A node is over. `why` says what the action could not: a Problem, a time-out, what it waited for."""

    name: str
    state: State
    attempts: int = 0
    seconds: float = 0.0
    outcome: Outcome | None = None
    problems: tuple[Problem, ...] = ()
    why: str = ""


Action = Callable[[World], Awaitable[Outcome]]
"""Looks again before it acts, returns events instead of writing them, and may be tried again."""


def _events_of_the_outcome(ended: Ended) -> tuple[Event, ...]:
    return ended.outcome.events if ended.outcome else ()


@frozen
class Node:
    """One piece of work. `retries` means that many more attempts, each with its own `timeout`."""

    name: str
    action: Action
    needs: tuple[str, ...] = ()
    retries: int = 0
    timeout: timedelta | None = None
    record: Callable[[Ended], tuple[Event, ...]] = _events_of_the_outcome
    """The events to append for how it ended, those for a node that never ran included. Pure."""
    alone: bool = False
    """Its events authorise an outside effect: they are on disk, in a transaction of their own, before anything else
    begins."""
    locks: frozenset[str] = frozenset()
    """What it must have for itself: nodes that share one don't run at once."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Nodes in an order in which each stands behind all that it needs. Made by `make_plan`."""

    nodes: tuple[Node, ...] = field(default=())


def make_plan(nodes: Iterable[Node]) -> Plan:
    """Check and order. A name used twice (E001), an unknown need (E002), a circle (E003): ProblemError with all."""
    given = tuple(nodes)
    names = {node.name: node for node in given}
    problems = [*_duplicates(given), *_unknown_needs(given, names)]
    if problems:
        raise ProblemError(*problems)
    return Plan(_ordered(given))


def ready(
    waiting: Iterable[Node], passed: Collection[str], room: int, taken: AbstractSet[str] = NOTHING
) -> tuple[Node, ...]:
    """The first `room` of the waiting nodes that have all they need, and whose locks aren't `taken`."""
    found: list[Node] = []
    for node in waiting:
        if len(found) >= room:
            break
        if all(need in passed for need in node.needs) and not (node.locks and node.locks & taken):
            found.append(node)
            taken = taken | node.locks if node.locks else taken
    return tuple(found)


def blocked(waiting: Iterable[Node], passed: Collection[str], taken: Mapping[str, str]) -> Mapping[str, str]:
    """Of the waiting nodes that lack nothing but locks, what each waits for. `taken`: who has a lock."""
    return {
        node.name: ", ".join(f"{lock}, which {taken[lock]} has" for lock in sorted(node.locks & taken.keys()))
        for node in waiting
        if node.locks & taken.keys() and all(need in passed for need in node.needs)
    }


def lost(waiting: Iterable[Node], failed: str) -> Mapping[str, str]:
    """The waiting nodes that can't run any more because `failed` did not pass, and the need that each waited for.

    `waiting` is in the plan's order.
    """
    gone: dict[str, str] = {}
    for node in waiting:
        missing = next((need for need in node.needs if need == failed or need in gone), None)
        if missing is not None:
            gone[node.name] = missing
    return gone


def _duplicates(nodes: tuple[Node, ...]) -> list[Problem]:
    seen: set[str] = set()
    twice = [node.name for node in nodes if node.name in seen or seen.add(node.name)]  # type: ignore[func-returns-value]
    return [
        Problem(code="E001", what=f"{name!r} is there twice", fix="give each its own name")
        for name in sorted(set(twice))
    ]


def _unknown_needs(nodes: tuple[Node, ...], names: Mapping[str, Node]) -> list[Problem]:
    return [
        Problem(code="E002", what=f"{node.name!r} needs {need!r}, which isn't there", fix="correct or remove the need")
        for node in nodes
        for need in node.needs
        if need not in names
    ]


def _ordered(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """As given where that is possible; else a node is moved behind its needs."""
    waiting = {node.name: node for node in nodes}
    placed: dict[str, Node] = {}
    while waiting:
        free = [node for node in waiting.values() if all(need not in waiting for need in node.needs)]
        if not free:
            raise ProblemError(_circle(waiting))
        for node in free:
            placed[node.name] = waiting.pop(node.name)
    return tuple(placed.values())


def _circle(waiting: Mapping[str, Node]) -> Problem:
    path = [next(iter(waiting))]
    while path.count(path[-1]) == 1:
        path.append(next(need for need in waiting[path[-1]].needs if need in waiting))
    circle = path[path.index(path[-1]) :]
    return Problem(code="E003", what=f"these need each other: {' → '.join(circle)}", fix="remove one of the needs")
