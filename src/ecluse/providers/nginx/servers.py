"""The file of nginx's servers: one line a host, its name in a comment. Pure; what a person added to a line stays."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

LINE = re.compile(r"^(?P<directive>\s*server\s+[^;#]+?)(?P<rest>\s*;\s*#\s*(?P<name>\S+).*)$")
DOWN = re.compile(r"\s+down(?=\s|$)")
"""Anywhere among a server's parameters, as nginx takes it."""


@dataclass(frozen=True, slots=True)
class Line:
    """What a server's line says of it."""

    is_down: bool


def line_of(name: str, address: str) -> str:
    """Without a limit of failures: a host that refuses was asked nothing, and the next one is asked."""
    return f"server {address} max_fails=1 fail_timeout=2s;  # {name}\n"


def named(text: str) -> Mapping[str, Line]:
    found = (LINE.match(line) for line in text.splitlines())
    return {match["name"]: Line(DOWN.search(match["directive"]) is not None) for match in found if match}


def down(text: str, name: str) -> str:
    return _edited(text, name, " down")


def up(text: str, name: str) -> str:
    return _edited(text, name, "")


def _edited(text: str, name: str, word: str) -> str:
    return "".join(_line(line, name, word) for line in text.splitlines(keepends=True))


def _line(line: str, name: str, word: str) -> str:
    match = LINE.match(line.rstrip("\n"))
    if match is None or match["name"] != name or (word and DOWN.search(match["directive"])):
        return line
    return f"{DOWN.sub('', match['directive'])}{word}{match['rest']}\n"
