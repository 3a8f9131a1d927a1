"""What shows that an app is well: a page, what it loads, and a route that reads the database. Pure.

One good answer is no proof: a status route is well while every page fails for want of its assets.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ecluse.loop.plan.trying.answering import BAD, EMPTY, FAULT, OK, Answer, is_named
from ecluse.model.problem import Exit, Problem
from ecluse.model.values import frozen

NO_PAGE = (
    "whether pages are well was not checked, for none was found (GET, 200, text/html): an app without pages needs "
    "nothing more, the health check stays {path}"
)
NO_PART = "no page that was asked loads a style sheet, a script or a picture of this site, so none was asked for"
NO_READER = (
    "no route was found that reads the database: the health check may pass while that is gone; "
    "name one in processes.web.health.path"
)
NOT_TRIED = "whether a route reads the database was not tried: that can be seen of one in a SQLite file only"


@frozen
class Part:
    """What a page loads, and how it was answered."""

    path: str
    page: str
    status: int


def parts_of(said: Mapping[str, Any]) -> tuple[Part, ...]:
    return tuple(Part(path=item["path"], page=item["page"], status=item["status"]) for item in said["loaded"])


@frozen
class Line:
    """One of the three that were looked for."""

    what: str
    ok: bool
    answer: str


def lines(answers: Collection[Answer], parts: Collection[Part], *, health: str, has_database: bool) -> Iterator[Line]:
    """What was found of the three. `health` is the path that was chosen. Only a database in a file can be taken away
    for a moment."""
    page = next(filter(is_page, answers), None)
    found = f"GET {page.path} answered 200" if page else NO_PAGE.format(path=health)
    yield Line(what="find a page", ok=page is not None, answer=found)
    if page:
        yield of_parts(parts)
    is_tried = any(answer.without is not None for answer in answers)
    if has_database and not is_tried:
        yield Line(what="find a route that reads the database", ok=False, answer=NOT_TRIED)
    elif is_tried:
        readers = [answer.path for answer in answers if answer.reads]
        found = f"GET {', '.join(readers[:3])} fails without it"
        yield Line(
            what="find a route that reads the database", ok=bool(readers), answer=found if readers else NO_READER
        )


def is_page(answer: Answer) -> bool:
    return answer.status == OK and answer.kind.startswith("text/html") and not is_named(answer.path)


def of_parts(parts: Collection[Part]) -> Line:
    lost = tuple(missing(parts))
    if not parts or lost:
        return Line(what="find what pages load", ok=False, answer="; ".join(lost[:3]) if lost else NO_PART)
    first = next(iter(parts))
    return Line(
        what="find what pages load", ok=True, answer=f"GET {first.path}, which {first.page} loads, answered 200"
    )


def missing(parts: Collection[Part]) -> Iterator[str]:
    """What a page loads and can't have."""
    for part in parts:
        if part.status >= BAD or not part.status:
            yield f"{part.path}, which {part.page} loads, answered {part.status or 'nothing'}"


def hollow(answers: Collection[Answer]) -> bool:
    """Whether only a status route is well, while pages fail."""
    well = {is_named(answer.path) for answer in answers if answer.status in {OK, EMPTY}}
    return well == {True} and any(answer.status >= FAULT and not is_named(answer.path) for answer in answers)


def every_page_fails(evidence: tuple[str, ...], state: str) -> Problem:
    return Problem(
        code="I020",
        what="the app says that it is well, but every page of it fails",
        fix="mend what the evidence names (assets that nobody built, a service that isn't there), then `ecluse init`; "
        "or write the manifest without trying (`ecluse init --no-try`) and edit it",
        evidence=evidence,
        state=state,
        exit=Exit.REFUSED,
    )
