"""Keys of tickets in what people write. Pure.

Only what can be a key of the configured project counts: UTF-8, ISO-8601, SHA-256 and CVE-2024-1234 have its shape and
are none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from ecluse.model.tracker import Tickets, TrackerKind


@dataclass(frozen=True, slots=True)
class Reader:
    """How keys are found in a text; `branch` is for names of branches, where they look different."""

    text: Callable[[str], Iterator[str]]
    branch: Callable[[str], Iterator[str]]


def keys_in(text: str, tickets: Tickets) -> tuple[str, ...]:
    """Each once, as the tracker writes them, in the order of their first appearance."""
    return tuple(dict.fromkeys(_reader(tickets).text(text)))


def keys_of_branch(name: str, tickets: Tickets) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_reader(tickets).branch(name)))


def _reader(tickets: Tickets) -> Reader:
    if tickets.pattern:
        return _own(tickets.pattern)
    match tickets.tracker:
        case TrackerKind.JIRA:
            return _jira((tickets.project, *tickets.prefixes))
        case TrackerKind.TRELLO:
            return _trello()
        case TrackerKind.GITHUB | TrackerKind.GITLAB:
            return _forge(tickets.tracker, tickets.project)


@cache
def _own(pattern: str) -> Reader:
    found = re.compile(pattern)

    def read(text: str) -> Iterator[str]:
        for match in found.finditer(text):
            key = match[1] if found.groups else match[0]
            if key and key.isprintable():  # a key is shown, and a message may hold commands for a terminal
                yield key

    return Reader(read, read)


@cache
def _jira(prefixes: tuple[str, ...]) -> Reader:
    """In messages a key is written in capitals; `ABC-12-3` and `ABC-1.2` are something else. Branches are often written
    small, and go on behind the number."""
    names = "|".join(map(re.escape, sorted(prefixes, key=len, reverse=True)))
    in_text = re.compile(rf"(?<![\w-])(?:{names})-[1-9]\d*(?![\w])(?![-.]\d)", re.ASCII)
    in_branch = re.compile(rf"(?<![A-Za-z0-9])(?:{names})-[1-9]\d*(?![A-Za-z0-9])", re.ASCII | re.IGNORECASE)
    return Reader(
        lambda text: (match[0] for match in in_text.finditer(text)),
        lambda name: (match[0].upper() for match in in_branch.finditer(name)),
    )


@cache
def _forge(kind: TrackerKind, project: str) -> Reader:
    """`#12`, the project's own `owner/name#12`, an address; `GH-12` on GitHub. Those of other projects don't count."""
    number = r"([1-9]\d{0,8})(?![\w])(?!\.\d)"
    path = r"/issues/|/pull/" if kind is TrackerKind.GITHUB else r"/(?:-/)?issues/"
    ways = [
        rf"(?<![\w#&/.-])#{number}",
        rf"(?<![\w./-]){re.escape(project)}#{number}",
        rf"/{re.escape(project)}(?:{path}){number}",
        *([rf"(?<![\w-])GH-{number}"] if kind is TrackerKind.GITHUB else []),
    ]
    in_text = re.compile("|".join(ways), re.ASCII)
    in_branch = re.compile(
        r"(?:^|(?<!release)(?<!hotfix)/)(?:(?:issue|gh|fix|bug)[-_]?#?)?#?([1-9]\d{0,8})(?=[-_][A-Za-z])", re.ASCII
    )
    alone = re.compile(r"(?:^|/)(?:issue|gh)[-_/]#?([1-9]\d{0,8})$", re.ASCII)

    def numbers(text: str) -> Iterator[str]:
        for match in in_text.finditer(text):
            yield f"#{next(filter(None, match.groups()))}"

    def of_branch(name: str) -> Iterator[str]:
        for match in (*in_branch.finditer(name), *alone.finditer(name)):
            yield f"#{match[1]}"

    return Reader(numbers, of_branch)


@cache
def _trello() -> Reader:
    """A card's address, or its short link in brackets. `[security]` and `[Refactor]` are words: a short link is known
    by a digit, or by a capital inside."""
    in_text = re.compile(r"trello\.com/c/([A-Za-z0-9]{8})(?![A-Za-z0-9])|\[([A-Za-z0-9]{8})\](?!\()", re.ASCII)
    in_branch = re.compile(r"(?:^|/)([A-Za-z0-9]{8})(?=[-_/]|$)", re.ASCII)

    def cards(text: str) -> Iterator[str]:
        for match in in_text.finditer(text):
            if match[1] or _is_short_link(match[2]):
                yield match[1] or match[2]

    def of_branch(name: str) -> Iterator[str]:
        for match in in_branch.finditer(name):
            if _is_short_link(match[1]) and not match[1].isdigit():
                yield match[1]

    return Reader(cards, of_branch)


def _is_short_link(word: str) -> bool:
    if word.isdigit() or word.isupper():
        return False
    return any(letter.isdigit() for letter in word) or any(letter.isupper() for letter in word[1:])
