"""Running programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from ecluse.model.values import frozen


@frozen
class Command:
    """A program to run. `env` is the whole environment of the child, not an addition to ours."""

    argv: tuple[str, ...]
    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)
    timeout: timedelta | None = None
    stdin: bytes = b""
    log: Path | None = None
    """Where output goes in full, both streams in the order of arrival. Made when there is some."""
    on_output: Callable[[str], None] | None = None
    """Called with each line (lossy UTF-8, without its end) as it arrives."""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Masked in `log`, `on_output` and `Finished.output`."""
    veiled: Path | None = None
    """A folder that the program finds empty but for `shown`, where the system can do that."""
    shown: tuple[Path, ...] = ()
    writable: tuple[Path, ...] = ()
    """If there are any, all else is read-only to the program, where the system can do that. It guards against mistakes:
    root finds a way."""
    stdout: Path | None = None
    """Where standard output goes alone, whole and unmasked; `log` and `output` are then the other stream."""


@frozen
class Finished:
    """How a program ended. `output` is what it printed, cut to its last 64 KiB."""

    exit_code: int | None
    """None when a signal ended it."""
    signal: int | None = None
    output: str = ""
    seconds: float = 0.0
    timed_out: bool = False
    left_behind: int = 0
    """How many processes it had left running when it ended; they were killed."""

    @property
    def ok(self) -> bool:
        return self.exit_code == 0 and not self.timed_out


class CommandRunner(Protocol):
    """Runs programs that belong to us: when a call is cancelled, times out, or we die, no descendant is left.

    A program that can't be started at all raises ProblemError (code S001); one that fails is a value, not an error.
    """

    async def run(self, command: Command) -> Finished: ...
