"""What readers of scanners share."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from posixpath import normpath
from typing import Any

from ecluse.model.finding import Finding, Unchecked
from ecluse.model.values import frozen

Line = Callable[[str, int], str]
"""The text of a line, counted from 1, of a file that was looked at; empty if it isn't there."""


class UnreadableError(Exception):
    """A scanner printed something else than it should; the text is for people. What it looked at is not checked."""


@dataclass(frozen=True, slots=True)
class Told:
    findings: tuple[Finding, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()


@frozen
class Printed:
    """By a scanner that ended: its standard output, its exit code, and what else it said."""

    out: bytes
    exit_code: int | None
    errors: str = ""
    paths: tuple[str, ...] = ()
    """What it was to look at."""
    line: Line = lambda _path, _number: ""

    def document(self, kind: type | tuple[type, ...], codes: Iterable[int] = (0,)) -> Any:
        """Its JSON. UnreadableError for another exit code than `codes`, and for what is no JSON of that `kind`."""
        if self.exit_code not in tuple(codes):
            raise UnreadableError(f"it ended with {self.exit_code}: {last(self.errors) or 'it said nothing'}")
        try:
            found = json.loads(self.out)
        except ValueError as error:
            raise UnreadableError("it printed no JSON") from error
        if not isinstance(found, kind):
            raise UnreadableError("it printed another document than it should")
        return found


def plain(path: str) -> str:
    """A path of the tree, as the commit has it."""
    return normpath(path.lstrip("/"))


def one_line(text: str) -> str:
    return " ".join(text.split())


def last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
