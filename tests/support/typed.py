"""The real command line on a real terminal (pty(7)): a person who types and reads."""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

PATIENCE = 60.0


class Person:
    """Before a terminal of its own, whose foreground is the command alone, as below an interactive shell."""

    def __init__(self, words: tuple[str, ...], folder: Path, env: Mapping[str, str], columns: int, rows: int) -> None:
        self._ours, theirs = os.openpty()
        self.resize(columns, rows)
        self.before = termios.tcgetattr(theirs)
        self.seen = ""
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *words],
            cwd=folder, env={**env, "TERM": "xterm"}, stdin=theirs, stdout=theirs, stderr=theirs,
        )  # fmt: skip
        self._theirs = theirs

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._ours)
        os.close(self._theirs)

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def sees(self, pattern: str, within: float = PATIENCE) -> re.Match[str]:
        """Waits until it is shown; what was shown before it isn't looked at again."""
        until = time.monotonic() + within
        while (found := re.search(pattern, self.seen)) is None:
            assert time.monotonic() < until, f"never shown: {pattern!r}, but {self.seen!r}"
            self._look(0.1)
        self.seen = self.seen[found.end() :]
        return found

    def _look(self, seconds: float) -> bool:
        """Whether something was shown."""
        if not select.select([self._ours], [], [], seconds)[0]:
            return False
        self.seen += os.read(self._ours, 1 << 16).decode(errors="replace")
        return True

    def ends(self, within: float = PATIENCE) -> int:
        """The exit code. The terminal is as it was before."""
        until = time.monotonic() + within
        while self.process.poll() is None:
            assert time.monotonic() < until, f"it never ends: {self.seen!r}"
            self._look(0.05)
        while self._look(0.0):
            pass
        assert termios.tcgetattr(self._theirs) == self.before
        return self.process.returncode


def at_a_terminal(folder: Path, env: Mapping[str, str], *argv: str, columns: int = 91, rows: int = 33) -> Person:
    return Person((sys.executable, "-m", "ecluse", *argv), folder, env, columns, rows)
