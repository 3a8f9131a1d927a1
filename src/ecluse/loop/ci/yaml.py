"""Writing YAML that is the same each time and that people can read. Pure.

What is written is a subset that all versions of YAML read alike: texts stand in JSON's quotes wherever they could be
taken for something else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Self

_PLAIN = re.compile(r"(?!\.\d)[A-Za-z./][A-Za-z0-9 _./@=+-]*(?<! )")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n", ".inf", ".nan"})


class Noted(str):
    """A text with a comment behind it."""

    __slots__ = ("note",)
    note: str

    def __new__(cls, text: str, note: str) -> Self:
        made = super().__new__(cls, text)
        made.note = note
        return made


def to_yaml(document: Mapping[str, object], *, header: Sequence[str] = ()) -> str:
    """`header` are comment lines at the top; a blank line stands before each top-level key."""
    lines = [f"# {line}".rstrip() for line in header]
    for key, value in document.items():
        lines += ["", *_entry(key, value)]
    return "\n".join(lines).lstrip("\n") + "\n"


def _entry(key: str, value: object) -> Iterator[str]:
    name = _text(key)
    if isinstance(value, str) and _is_block(value):
        yield f"{name}: |"
        yield from _indented(value.splitlines())
    elif isinstance(value, Mapping) and value:
        yield f"{name}:"
        yield from _indented(_mapping(value))
    elif isinstance(value, Sequence) and not isinstance(value, str) and value:
        yield f"{name}:"
        yield from _indented(_items(value))
    else:
        yield f"{name}: {_scalar(value)}"


def _mapping(values: Mapping[str, object]) -> Iterator[str]:
    for key, value in values.items():
        yield from _entry(key, value)


def _items(values: Sequence[object]) -> Iterator[str]:
    for value in values:
        if isinstance(value, Mapping) and value:
            first, *rest = _mapping(value)
            yield f"- {first}"
            yield from _indented(rest)
        else:
            yield f"- {_scalar(value)}"


def _indented(lines: Iterator[str] | Sequence[str]) -> Iterator[str]:
    return (f"  {line}" if line else "" for line in lines)


def _scalar(value: object) -> str:
    if isinstance(value, Noted):
        return f"{_text(value)} # {value.note}"
    if isinstance(value, str):
        return _text(value)
    return json.dumps(value)  # true, 15, {} and []


def _text(text: str) -> str:
    is_plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS and not text.startswith(("---", "..."))
    if is_plain:
        return str(text)
    if '"' in text and "'" not in text and text.isprintable():
        return f"'{text}'"
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(letter: str) -> str:
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    return letter if letter.isprintable() else f"\\U{ord(letter):08x}"


def _is_block(text: str) -> bool:
    """Lines that a `|` keeps as they are."""
    lines = text.splitlines()
    whole = text == "\n".join(lines) + "\n" and all(line.isprintable() for line in lines)
    return whole and bool(lines) and not lines[0][:1].isspace() and bool(lines[0]) and bool(lines[-1].strip())
