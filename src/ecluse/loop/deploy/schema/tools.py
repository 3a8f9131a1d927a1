"""Which tool a migration command is."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace

from ecluse.loop.deploy.schema import alembic, django
from ecluse.loop.deploy.schema.migration import Tool
from ecluse.manifest.argv import SHELL
from ecluse.model.app import Argv

TOOLS = {"django": django, "alembic": alembic}
_PARTS = re.compile(r"&&|\|\||[;\n]")


def tool_of(command: Argv) -> Tool | None:
    """None for a command that isn't understood. In a shell's text a tool is recognised and not asked: what comes
    before it there may be more than a question."""
    if command[:2] != SHELL:
        return next(filter(None, (one.tool(command) for one in TOOLS.values())), None)
    found = next((tool for words in _commands(" ".join(command[2:])) if (tool := tool_of(words))), None)
    return replace(found, question=(), is_whole=False) if found else None


def _commands(text: str) -> Iterator[Argv]:
    for part in _PARTS.split(text):
        try:
            words = tuple(shlex.split(part))
        except ValueError:
            continue
        if words[:2] != SHELL:
            yield words
