"""Which paths of a commit a step reads."""

from __future__ import annotations

import re
from collections.abc import Iterable


def chosen(paths: Iterable[str], globs: Iterable[str] | None) -> tuple[str, ...]:
    """The `paths` that one of `globs` names, in their order; all when `globs` is None.

    `*` and `?` stay within a folder, `**` crosses folders, and a glob that names a folder means all below it.
    """
    if globs is None:
        return tuple(paths)
    patterns = [_pattern(glob) for glob in globs]
    return tuple(path for path in paths if any(pattern.match(path) for pattern in patterns))


def _pattern(glob: str) -> re.Pattern[str]:
    parts = glob.removeprefix("./").rstrip("/").split("/")
    text = "".join("(?:[^/]+/)*" if part == "**" else _segment(part) + "/" for part in parts[:-1])
    last = ".+" if parts[-1] == "**" else _segment(parts[-1])
    return re.compile(rf"{text}{last}(?:/.+)?\Z", re.DOTALL)


def _segment(part: str) -> str:
    return re.sub(r"[^*?]+|\*+|\?", _translated, part)


def _translated(match: re.Match[str]) -> str:
    found = match.group()
    if found.startswith("*"):
        return "[^/]*"
    return "[^/]" if found == "?" else re.escape(found)
