"""INI text with lines, keys that come twice kept: uWSGI's, supervisor's and systemd's differ in the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ecluse.model.values import frozen

HEAD = re.compile(r"\[([^\]]+)\]\s*")
ENTRY = re.compile(r"([\w.:%-]+(?: [\w-]+)*)\s*[=:]\s*(.*)")


@frozen
class Entry:
    """A setting of an INI file; `line` counts from 1."""

    section: str
    key: str
    value: str
    line: int


def entries(text: str) -> Iterator[Entry]:
    """Every `key = value`; what is indented is one more line of the value before, what follows a backslash goes on."""
    section, waiting = "", None
    for number, raw in enumerate(text.splitlines(), 1):
        line = re.sub(r"\s[;#]\s.*$", "", raw).rstrip()
        goes_on = waiting is not None and (waiting.value.endswith("\\") or (raw[:1].isspace() and line.strip()))
        if waiting is not None and goes_on:
            joint = " " if waiting.value.endswith("\\") else "\n"
            value = f"{waiting.value.removesuffix(chr(92)).rstrip()}{joint}{line.strip()}".strip()
            waiting = replace(waiting, value=value)
            continue
        if waiting is not None:
            yield waiting
        waiting = None
        if head := HEAD.fullmatch(line):
            section = head.group(1).strip()
        elif (match := ENTRY.fullmatch(line)) and line[:1] not in "#;":
            waiting = Entry(section=section, key=match.group(1), value=match.group(2).strip(), line=number)
    if waiting is not None:
        yield waiting
