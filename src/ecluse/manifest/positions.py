"""Where keys and values stand in a TOML text (toml.io, version 1.0).

Read only when something is wrong, and only what tomllib has accepted: so this scanner checks nothing, it just walks.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field

from ecluse.manifest.fault import KeyPath

_BLANK = re.compile(r"[ \t]*")
_VOID = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'|[A-Za-z0-9_-]+")
_VALUE = re.compile(
    r"\"\"\"(?:[^\\]|\\.)*?\"{3,5}|'''.*?'{3,5}|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'|[^,\]}\s#]+(?: \d[\d:.Z+-]*)?",
    re.DOTALL,
)
"""Quoted text of the four kinds; else what runs to the next delimiter (a date may hold one space before its time)."""


@dataclass(slots=True)
class Positions:
    """Offsets of keys and values by their path; list indices are part of a path."""

    text: str
    keys: dict[KeyPath, int] = field(default_factory=dict)
    values: dict[KeyPath, int] = field(default_factory=dict)

    def of(self, path: KeyPath, *, at_key: bool = False) -> tuple[int, int]:
        """Line and column, from 1, of what stands at `path`, or of the nearest table that holds it."""
        wanted = [self.keys, self.values] if at_key else [self.values, self.keys]
        while path:
            for offsets in wanted:
                if path in offsets:
                    return line_and_column(self.text, offsets[path])
            path = path[:-1]
        return 1, 1


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def positions(text: str) -> Positions:
    """The positions in `text`, which tomllib accepts."""
    scanner = _Scanner(Positions(text))
    scanner.document()
    return scanner.found


class _Scanner:
    def __init__(self, found: Positions) -> None:
        self.found = found
        self.text = found.text
        self.at = 0
        self.counts: dict[KeyPath, int] = {}
        """Elements seen of each array of tables."""

    def document(self) -> None:
        table: KeyPath = ()
        while self._skip(_VOID) < len(self.text):
            table = self._header() if self.text[self.at] == "[" else self._pair(table)

    def _header(self) -> KeyPath:
        start = self.at
        is_array = self.text.startswith("[[", start)
        self.at += 2 if is_array else 1
        path: KeyPath = ()
        for name, offset in self._names():
            path = (*self._element(path), name)
            self.found.keys.setdefault(path, offset)
            self.found.values.setdefault(path, start)
        self.at = self.text.index("]", self.at) + (2 if is_array else 1)
        if not is_array:
            return path
        self.counts[path] = self.counts.get(path, 0) + 1
        path = self._element(path)
        self.found.values[path] = start
        return path

    def _element(self, path: KeyPath) -> KeyPath:
        """Below an array of tables, its newest element is meant."""
        return (*path, self.counts[path] - 1) if path in self.counts else path

    def _pair(self, table: KeyPath) -> KeyPath:
        path = table
        for name, offset in self._names():
            path = (*path, name)
            self.found.keys.setdefault(path, offset)
        self._skip(_BLANK)
        self.at += 1  # the equals sign
        self._skip(_BLANK)
        self._value(path)
        return table

    def _names(self) -> list[tuple[str, int]]:
        names = []
        while True:
            offset = self._skip(_BLANK)
            name = self._take(_KEY)
            names.append((_plain(name), offset))
            if self.text[self._skip(_BLANK) : self.at + 1] != ".":
                return names
            self.at += 1

    def _value(self, path: KeyPath) -> None:
        self.found.values.setdefault(path, self.at)
        opening = self.text[self.at]
        if opening == "[":
            self._array(path)
        elif opening == "{":
            self._inline(path)
        else:
            self._take(_VALUE)

    def _array(self, path: KeyPath) -> None:
        self.at += 1
        index = 0
        while self.text[self._skip(_VOID)] != "]":
            self._value((*path, index))
            index += 1
            self._comma()
        self.at += 1

    def _inline(self, path: KeyPath) -> None:
        self.at += 1
        while self.text[self._skip(_VOID)] != "}":
            self._pair(path)
            self._comma()
        self.at += 1

    def _comma(self) -> None:
        if self.text[self._skip(_VOID)] == ",":
            self.at += 1

    def _skip(self, what: re.Pattern[str]) -> int:
        self._take(what)
        return self.at

    def _take(self, what: re.Pattern[str]) -> str:
        match = what.match(self.text, self.at)
        taken = match[0] if match else ""
        self.at += len(taken)
        return taken


def _plain(name: str) -> str:
    """A quoted key as tomllib reads it."""
    if name[:1] not in {'"', "'"}:
        return name
    return next(iter(tomllib.loads(f"{name} = 0")))
