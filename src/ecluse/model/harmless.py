"""Text that the log of GitHub Actions takes for no command. Pure."""

from __future__ import annotations


def harmless(text: str) -> str:
    """Line by line: `::error …` is a command at a line's beginning, whatever space is before; the older `##[error]`
    anywhere in it (actions/runner, ActionCommand)."""
    return "\n".join(map(_harmless, text.splitlines()))


def _harmless(line: str) -> str:
    line = line.replace("##[", "## [")
    return f"| {line}" if line.lstrip().startswith("::") else line
