"""Commands without what only waits for a database: here it is there before a step runs, or there is none. Pure."""

from __future__ import annotations

import re

WAITS = re.compile(
    r"^(\S*/)?((bash|sh|python3?|env)\s+)*(\S*/)?(\S+\s+)?(wait[-_]?(for|4)|pg_isready|dockerize\s|nc -z|sleep\s)"
)
"""The beginning of a command that waits: `./wait-for-it.sh db:5432`, `python manage.py wait_for_db`."""
BEFORE = re.compile(r"^(\S*/)?(wait[-_]?for[\w.-]*|dockerize)\s(.*?\s--\s|(-wait\s+\S+\s+|-timeout\s+\S+\s+)+)")
"""What stands before the command that it waits for."""


def without_waits(command: str) -> tuple[str, tuple[str, ...]]:
    """The command, and the parts of it that wait."""
    kept, left = [], []
    for part in re.split(r"\s*(?:&&|;)\s*", command.strip()):
        match = BEFORE.match(part)
        rest = part[match.end() :] if match else part
        if match:
            left.append(part[: match.end()].strip().removesuffix("--").strip())
        if match is None and WAITS.match(part):
            left.append(part)
        elif rest.strip():
            kept.append(rest.strip())
    return (" && ".join(kept), tuple(left)) if left else (command, ())
