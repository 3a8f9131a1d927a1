"""What is wrong with one key; `problems` gives it a place in the file."""

from __future__ import annotations

import json
import re

from ecluse.model.values import frozen

_BARE = re.compile(r"[A-Za-z0-9_-]+|\*")

KeyPath = tuple[str | int, ...]
"""Keys and list indices from the top of the manifest to a value."""


@frozen
class Fault:
    """`at_key` says that the key itself is wrong, not its value."""

    code: str
    path: KeyPath
    what: str
    fix: str
    at_key: bool = False


def matches(path: KeyPath, pattern: tuple[str, ...]) -> bool:
    """Whether `path` is as long as `pattern` and equal to it, `*` standing for any one key."""
    return len(path) == len(pattern) and all(want in ("*", have) for have, want in zip(path, pattern, strict=True))


def dotted(path: KeyPath) -> str:
    """`processes.web.health.path`, an index as `[0]`, a key with other characters in quotes."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{_quoted(part)}" for part in path]
    return "".join(parts).removeprefix(".")


def _quoted(part: str) -> str:
    return part if _BARE.fullmatch(part) else json.dumps(part, ensure_ascii=False)
