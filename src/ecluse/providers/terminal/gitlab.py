"""What the log of GitLab CI understands (GitLab CI/CD job logs, custom collapsible sections)."""

from __future__ import annotations

import re

from ecluse.ports.clock import Clock
from ecluse.providers.terminal.folding import Row

CLEAR = "\x1b[0K"


class GitlabFolds:
    """Fills Folds. It has no annotations: what failed is red, and its reports are shown beside the merge request."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._count = 0

    def opened(self, name: str) -> str:
        self._count += 1
        return f"{CLEAR}section_start:{self._seconds()}:{self._section(name)}[collapsed=true]\r{CLEAR}{name}\n"

    def closed(self, name: str) -> str:
        return f"{CLEAR}section_end:{self._seconds()}:{self._section(name)}\r{CLEAR}\n"

    def failed(self, row: Row, lines: tuple[str, ...]) -> str:  # noqa: ARG002
        return f"\x1b[31;1m{row.name}: {row.detail or 'failed'}\x1b[0m\n"

    def summed_up(self, rows: tuple[Row, ...]) -> None:
        """There is no place for it."""

    def _section(self, name: str) -> str:
        """A name may come twice in a job, a section's may not."""
        return f"{re.sub(r'[^A-Za-z0-9_.-]', '_', name)}_{self._count}"

    def _seconds(self) -> int:
        return int(self._clock.now().timestamp())
