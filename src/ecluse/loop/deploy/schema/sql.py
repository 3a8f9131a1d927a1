"""What plain SQL takes away. A search for words, not a parser: what it doesn't find isn't known to be harmless."""

from __future__ import annotations

import re

_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_LOOSENS = r"(?!(?:CONSTRAINT|INDEX|KEY|PRIMARY|FOREIGN|CHECK|NOT|DEFAULT|IDENTITY|EXPRESSION)\b)"
_TAKES_AWAY = re.compile(
    r"\bDROP\s+(?:TABLE|COLUMN|VIEW|MATERIALIZED\s+VIEW|SCHEMA|DATABASE|TYPE|FUNCTION|SEQUENCE)\b[^;]*"
    r"|\bALTER\s+TABLE\b[^;]*?\bDROP\s+" + _LOOSENS + r"\w[^;]*"
    r"|\bALTER\s+TABLE\b[^;]*?\bRENAME\b(?!\s+(?:CONSTRAINT|INDEX)\b)[^;]*"
    r"|\bRENAME\s+TABLE\b[^;]*"
    r"|\bTRUNCATE\b[^;]*"
    r"|\bDELETE\s+FROM\b[^;]*",
    re.IGNORECASE,
)
_SHOWN = 60


def taken_away(sql: str) -> str:
    """The first statement that drops, renames or deletes, shortened; empty when none is found."""
    found = _TAKES_AWAY.search(_COMMENT.sub(" ", sql))
    text = " ".join(found.group().split()) if found else ""
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
