"""Text becomes argv, once and here."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecluse.model.app import Argv

SHELL = ("/bin/sh", "-euc")
_FOR_A_SHELL = re.compile(r"[|&;<>()$`*?\[~#!\n]|^\s*[A-Za-z_][A-Za-z0-9_]*=")
"""What words alone can't say: pipes, lists, redirections, variables, patterns, comments, assignments in front."""


def argv_of(command: str | Sequence[str]) -> Argv:
    """A list is run as it is; text is split into words, or given to a shell if it holds shell characters.

    Raises ValueError, with a message for people, on a command that can't be one.
    """
    words = _words(command) if isinstance(command, str) else tuple(command)
    if not words or not words[0].strip():
        raise ValueError("a command needs at least the name of a program")
    if any("\0" in word for word in words):
        raise ValueError("a command can't hold a NUL character (execve(2))")
    return words


def _words(text: str) -> Argv:
    if not text.strip():
        return ()
    return (*SHELL, text) if _FOR_A_SHELL.search(text) else tuple(shlex.split(text))
