"""Text that neither a terminal nor the log of GitHub Actions takes for a command. Pure."""

from __future__ import annotations

import re

_COLOUR = re.compile(r"\x1b\[[0-9;:]*m")
_COMMAND = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def harmless(text: str) -> str:
    """Line by line: `::error …` is a command at a line's beginning, whatever space is before; the older `##[error]`
    anywhere in it (actions/runner, ActionCommand)."""
    return "\n".join(map(_harmless, text.splitlines()))


def plain(line: str) -> str:
    """Without what commands a terminal, or turns its letters round: others wrote it. Colours go."""
    return _COMMAND.sub("?", _COLOUR.sub("", line)).replace("\t", " ")


def _harmless(line: str) -> str:
    line = plain(line)
    line = line.replace("##[", "## [")
    return f"| {line}" if line.lstrip().startswith("::") else line
