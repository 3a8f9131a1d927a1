"""Why the manifest's lines are as they are, kept in its comments: so it goes where the file goes.

Behind a key stands where its value comes from. Below the tables stand notes, one a line: `#: KEY WORD WHAT`. The words
are `tried` (it went well), `failed` and `also` (what else was found, and not chosen).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ecluse.manifest.positions import Positions, line_and_column, positions
from ecluse.model.values import frozen

HEADING = "What was tried, and what else was found: `ecluse explain KEY` shows it with the key."
WORDS = ("tried", "failed", "also")
LONGEST = 160
"""Characters of a note."""
NOTE = re.compile(rf"^#: (?P<key>\"(?:[^\"\\]|\\.)*\"|\S+) (?P<word>{'|'.join(WORDS)}) (?P<said>.+)$", re.MULTILINE)
BEGIN = re.compile(r"(?:[\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"|'[^']*'))*\s*=")
"""A line with which a key begins; others go on with its list."""
CLOSED = (["]"], ["],"])
"""The line behind a list's last item; where the list comes from stands there."""
PLAIN = re.compile(r"[^\s\"]+")
TOKEN = re.compile(
    r"\"\"\"(?:[^\\]|\\.)*?\"{3,5}|'''.*?'{3,5}|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'|(?P<comment>#[^\n]*)", re.DOTALL
)
"""Quoted text of the four kinds, in which `#` begins no comment."""


@frozen
class Note:
    """One thing about a key, or about a table and all that is in it."""

    key: str
    word: str
    said: str
    line: int = 0
    """Where the key stands, or the first one of the table; 0 when it doesn't."""

    def __str__(self) -> str:
        """The line of the manifest, without its `#`."""
        key = self.key if PLAIN.fullmatch(self.key) else json.dumps(self.key)
        said = " ".join("".join(filter(str.isprintable, self.said.replace("\n", " "))).split())
        return f": {key} {self.word} {said if len(said) <= LONGEST else said[: LONGEST - 1] + '…'}"


@frozen
class Line:
    """A line of the manifest, without its comment, and what the comment says."""

    number: int
    text: str
    said: str


@frozen
class Evidence:
    """What was read in a repository, and where."""

    lines: tuple[Line, ...] = ()
    notes: tuple[Note, ...] = ()


def evidence(text: str, name: str, table: tuple[str, ...] = ()) -> Evidence:
    """What `text` (a manifest that tomllib accepts) says about the key or table `name`; empty: about all of it.

    `table` leads to our part of a file that holds more.
    """
    path = tuple(filter(None, name.split(".")))
    at = positions(text)
    numbers = numbers_of(at, (*table, *path))
    if not numbers and path:
        return item(text, path, table)
    comments = comments_of(text)
    coded = [code(line, comments.get(number, "")) for number, line in enumerate(text.splitlines(), 1)]
    ends = {number + 1 for number in numbers if coded[number : number + 1] in CLOSED}
    lines = tuple(
        Line(number=number, text=coded[number - 1], said=said(comments, number)) for number in sorted({*numbers, *ends})
    )
    concerned = (note for note in notes(text) if concerns(note.key, name))
    return Evidence(lines=lines, notes=tuple(replace(note, line=first(at, note.key, table)) for note in concerned))


def item(text: str, path: tuple[str, ...], table: tuple[str, ...]) -> Evidence:
    """Of an item of a list, whose name may hold dots: the line that names it."""
    for count in range(len(path) - 1, 0, -1):
        if numbers_of(positions(text), (*table, *path[:count])):
            known, rest = evidence(text, ".".join(path[:count]), table), ".".join(path[count:])
            return replace(known, lines=tuple(line for line in known.lines if f'"{rest}"' in line.text), notes=())
    return Evidence()


def numbers_of(at: Positions, path: tuple[str, ...]) -> list[int]:
    return sorted({line_and_column(at.text, offset)[0] for offset in offsets(at, path)})


def first(at: Positions, key: str, table: tuple[str, ...]) -> int:
    found = offsets(at, (*table, *key.split(".")))
    return min((line_and_column(at.text, offset)[0] for offset in found), default=0)


def offsets(at: Positions, path: tuple[str, ...]) -> Iterator[int]:
    """Where each key and each item of a list stands that is at `path` or below; headers of tables don't count."""
    for found in (at.keys, at.values):
        for where, offset in found.items():
            if where[: len(path)] == path and at.text[offset] != "[" and not is_header(at.text, offset):
                yield offset


def is_header(text: str, offset: int) -> bool:
    return text[text.rfind("\n", 0, offset) + 1 :].startswith("[")


def comments_of(text: str) -> dict[int, str]:
    """The comment of each line that has one."""
    found = (match for match in TOKEN.finditer(text) if match["comment"])
    return {line_and_column(text, match.start())[0]: match["comment"] for match in found}


def code(line: str, comment: str) -> str:
    return line.removesuffix(comment).strip()


def said(comments: dict[int, str], number: int) -> str:
    return comments.get(number, "").lstrip("# ").strip()


def notes(text: str) -> Iterator[Note]:
    for match in NOTE.finditer(text):
        key = json.loads(match["key"]) if match["key"].startswith('"') else match["key"]
        yield Note(key=key, word=match["word"], said=match["said"])


def concerns(key: str, name: str) -> bool:
    """A note about a table is one about its keys, and the other way round."""
    return not name or f"{key}.".startswith(f"{name}.") or f"{name}.".startswith(f"{key}.")


def as_lines(found: Evidence) -> Iterable[str]:
    """For people: each key with where it comes from, and what is noted about it."""
    places = {line.number for line in found.lines}
    keys = list(by_key(found.lines))
    for key in keys:
        for line in key:
            shown = line.text if line is key[0] or [line.text] in CLOSED else f"  {line.text}"
            yield f"  {line.number:>4}  {shown}{f'   ← {line.said}' if line.said else ''}"
        numbers = {line.number for line in key}
        for note in found.notes:
            if note.line in numbers or (key is keys[-1] and note.line not in places):
                yield f"        {note.word:<6} {note.said}"


def by_key(lines: Iterable[Line]) -> Iterable[list[Line]]:
    keys: list[list[Line]] = []
    for line in lines:
        if not keys or BEGIN.match(line.text):
            keys.append([])
        keys[-1].append(line)
    return keys
