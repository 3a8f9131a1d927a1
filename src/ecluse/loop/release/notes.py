"""Release notes in Markdown, from what the commits say. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ecluse.loop.release.version import Meant, understand
from ecluse.model.harmless import plain
from ecluse.ports.source import Change

GROUPS = (
    ("feat", "Added"),
    ("fix", "Fixed"),
    ("perf", "Faster"),
    ("revert", "Taken back"),
    ("docs", "Documentation"),
    ("", "Changed"),
)
"""Kinds with a group of their own, in order; all other kinds are the last group's."""

UNTOLD = frozenset({"chore", "ci", "build", "style", "test"})
"""Of no interest to who reads notes, unless something breaks."""

_MARKUP = re.compile(r"([\\`*_\[\]<>|])")


def notes(version: str, changes: Sequence[Change]) -> str:
    """Grouped, newest first within a group; merges are left out, what breaks comes first."""
    told = [(change, understand(change)) for change in changes if not change.subject.startswith("Merge ")]
    breaking = [f"- {_escaped(meant.breaking)} ({change.commit[:7]})" for change, meant in told if meant.breaking]
    sections = [("Breaking", breaking), *((title, _lines(told, kind)) for kind, title in GROUPS)]
    body = "\n\n".join(f"### {title}\n\n" + "\n".join(lines) for title, lines in sections if lines)
    return f"## {version}\n\n{body or 'No changes to tell.'}\n"


def _lines(told: Sequence[tuple[Change, Meant]], kind: str) -> list[str]:
    return [_line(change, meant) for change, meant in told if _group(meant) == kind and _is_told(meant)]


def _group(meant: Meant) -> str:
    return meant.kind if any(meant.kind == kind for kind, _ in GROUPS) else ""


def _is_told(meant: Meant) -> bool:
    return meant.kind not in UNTOLD


def _line(change: Change, meant: Meant) -> str:
    scope = f"**{_escaped(meant.scope)}**: " if meant.scope else ""
    return f"- {scope}{_escaped(meant.text)} ({change.commit[:7]})"


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", plain(" ".join(text.split())))
