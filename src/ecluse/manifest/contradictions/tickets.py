"""Contradictions in `[tickets]`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ecluse.manifest.contradictions.unused import unused
from ecluse.manifest.fault import Fault
from ecluse.model.suggestion import suggest
from ecluse.model.tracker import TrackerKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecluse.manifest.schema.manifest import Manifest
    from ecluse.manifest.schema.tickets import TicketsTable

FORGES = frozenset({TrackerKind.GITHUB, TrackerKind.GITLAB})
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
PATH = ("tickets",)


def ticket_faults(manifest: Manifest) -> Iterator[Fault]:
    tickets = manifest.tickets
    if tickets is None:
        return
    yield from _lacking(tickets)
    yield from _misshapen(tickets)
    yield from unused(tickets, PATH, _without_effect(tickets))
    known = {name for name, environment in manifest.environments.items() if not environment.instances}
    for name in ("on_deploy", "on_rollback"):
        for environment in getattr(tickets, name):
            if environment not in known:
                near = suggest(environment, known) or f"declare [environments.{environment}]"
                what = f"there is no environment {environment!r}"
                yield Fault(code="M056", path=(*PATH, name, environment), what=what, fix=near, at_key=True)
    if tickets.url and (parts := urlsplit(tickets.url)).scheme == "http" and parts.hostname not in LOOPBACK:
        yield Fault(
            code="M045",
            path=(*PATH, "url"),
            what="the token would travel where anybody on the way can see it",
            fix="write the address with https://",
        )


def _lacking(tickets: TicketsTable) -> Iterator[Fault]:
    wanted = {
        TrackerKind.JIRA: {"url": '"https://example.atlassian.net"', "project": '"SHOP"'},
        TrackerKind.GITHUB: {"project": '"owner/name"'},
        TrackerKind.GITLAB: {"project": '"group/name"'},
        TrackerKind.TRELLO: {"board": '"nC8QJJoZ"', "account": "the API key"},
    }[tickets.tracker]
    for name, example in wanted.items():
        if getattr(tickets, name) is None:
            yield Fault(
                code="M078",
                path=(*PATH, name),
                what=f"`{name}` is missing: {tickets.tracker} can't be asked without it",
                fix=f"add `{name}`, such as {example}",
                at_key=True,
            )


def _misshapen(tickets: TicketsTable) -> Iterator[Fault]:
    if tickets.project is None:
        return
    is_repository = "/" in tickets.project
    if is_repository != (tickets.tracker in FORGES) and tickets.tracker is not TrackerKind.TRELLO:
        example = '"owner/name"' if tickets.tracker in FORGES else '"SHOP"'
        what = f"{tickets.project!r} is no project of {tickets.tracker}"
        yield Fault(code="M079", path=(*PATH, "project"), what=what, fix=f"write it like {example}")


def _without_effect(tickets: TicketsTable) -> dict[str, str]:
    why: dict[str, str] = {}
    if tickets.tracker is not TrackerKind.JIRA:
        why["prefixes"] = "only Jira's keys have one"
    if tickets.tracker is not TrackerKind.TRELLO:
        why["board"] = "only Trello has boards"
    if tickets.tracker is TrackerKind.TRELLO:
        why["project"] = "Trello has boards"
    if tickets.tracker in FORGES:
        why["account"] = "the token says whose it is"
    if not tickets.comment:
        why["link"] = "there are no comments to put it in"
    return why
