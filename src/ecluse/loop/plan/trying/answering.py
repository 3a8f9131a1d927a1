"""Which path shows that the app is well. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from ecluse.manifest.detect.facts import SURE, Fact, Kind, every, values
from ecluse.manifest.detect.routes import HEALTH
from ecluse.model.values import frozen

USUAL = ("/health", "/healthz", "/health/", "/status", "/ping", "/", "/login", "/login/", "/accounts/login/",
         "/admin/login/", "/docs")  # fmt: skip
MOST = 40
"""Paths that are asked."""
OK = 200
EMPTY = 204
BAD = 400
FAULT = 500
LOCKED = 401
"""Who are you? (RFC 9110, 15.5.2)"""
REDIRECTS = (301, 302, 303, 307, 308)
LAST_RESORTS = {**dict.fromkeys(REDIRECTS, 10), LOCKED: 5}
"""What a front page may answer where nothing is well, and its score."""
PAGES = ("text/html", "application/json", "text/plain", "application/xml", "text/xml")


@frozen
class Answer:
    """How the app answered GET. `status` 0 means that it didn't."""

    path: str
    status: int
    kind: str = ""
    location: str = ""
    seconds: float = 0.0
    log: tuple[str, ...] = ()
    """What the app wrote while it answered with an error of its own (5xx)."""
    without: int | None = None
    """How it answered while the databases in files could not be read; None if that was not asked."""

    @classmethod
    def of(cls, said: Mapping[str, Any], without: Mapping[str, int]) -> Answer:
        return cls(
            path=said["path"], status=said["status"], kind=said["kind"] or "", location=said["location"] or "",
            seconds=said["seconds"], log=tuple(said.get("log", ())), without=without.get(said["path"]),
        )  # fmt: skip

    @property
    def reads(self) -> bool:
        """Whether it can't be well without the database."""
        return self.without is not None and (self.without >= FAULT or not self.without)


def paths_to_ask(facts: tuple[Fact, ...], routes: Iterable[str]) -> tuple[str, ...]:
    """Declared health routes first, then the usual paths, then what the framework lists."""
    declared = values(facts, Kind.ROUTE)
    listed = tuple(routes)
    health = [*told(facts), *(path for path in (*listed, *declared) if HEALTH.match(path))]
    every = dict.fromkeys((*health, *USUAL, *listed, *declared))
    return tuple(path for path in every if not is_file(path) and path.startswith("/"))[:MOST]


def told(facts: tuple[Fact, ...]) -> tuple[str, ...]:
    """The routes that the repository itself asks to see whether the app is well."""
    return tuple(fact.value for fact in every(facts, Kind.ROUTE) if fact.confidence >= SURE)


def is_file(path: str) -> bool:
    """A path of a static file says nothing about the app."""
    return bool(PurePosixPath(path).suffix) or path.startswith(("/static/", "/media/", "/assets/"))


def best(answers: Iterable[Answer], told: Collection[str] = ()) -> Answer | None:
    """The answer to rely on, if possible that of a path that the repository asks itself; None when no page is well."""
    scored = [(score(answer, is_health=answer.path in told or is_named(answer.path)), answer) for answer in answers]
    useful = [pair for pair in scored if pair[0] > 0]
    return max(useful, key=lambda pair: pair[0])[1] if useful else None


def unwell(answers: Iterable[Answer], known: Collection[str]) -> tuple[str, ...]:
    """What the app has for certain and is not well: health routes, and pages that fail. `known` are its routes."""
    return tuple(
        f"{answer.path} answered {answer.status}: find out what it misses"
        for answer in answers
        if answer.path in known and answer.status >= (BAD if is_named(answer.path) else FAULT)
    )


def is_named(path: str) -> bool:
    return HEALTH.match(path) is not None


def score(answer: Answer, *, is_health: bool) -> int:
    """Health routes before the front page, that before other pages; a redirect only when nothing else is there, and a
    front page that asks who one is when there is no redirect either.

    What reads the database goes before what doesn't: it is the first thing that is missing.
    """
    more = 50 if answer.reads else 0
    if answer.status in LAST_RESORTS:
        return LAST_RESORTS[answer.status] if answer.path == "/" else 0
    if is_health and answer.status == EMPTY:
        return 100
    if answer.status != OK or not (answer.kind == "" or answer.kind.startswith(PAGES)):
        return 0
    if is_health:
        return 100 + more
    if answer.path == "/":
        return 60 + more
    return (40 if "login" in answer.path else 30) + more


def refusals(answers: Iterable[Answer], output: Iterable[str]) -> tuple[str, ...]:
    """What every path was answered by, the app's own faults last, behind what it wrote at the first of them.

    `output` are its last words altogether, for when it had no fault.
    """
    listed = tuple(answers)
    paths: dict[int, list[str]] = {}
    for answer in listed:
        paths.setdefault(answer.status, []).append(answer.path)
    lines = tuple(f"{status or 'no answer'}: {', '.join(paths[status])}" for status in sorted(paths))
    said = next((answer.log for answer in listed if answer.log), tuple(output))
    return (*said, *lines) if lines else (*said, "it never answered")
