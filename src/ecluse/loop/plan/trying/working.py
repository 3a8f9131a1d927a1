"""Background processes on the bench: one that doesn't stay up would undo every deployment."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from ecluse.model.app import App, Argv, Process
from ecluse.ports.commands import Finished

PERIOD = 5.0
"""Seconds that a worker is watched: those that lack something say so while they start."""
LONGEST = 120
"""Characters of what it said."""


def workers(app: App) -> tuple[Process, ...]:
    """Those that a ship would start beside the web process."""
    return tuple(process for process in app.processes if process.enabled and not process.is_web)


def as_installed(argv: Argv, programs: Collection[str]) -> Argv:
    """The command with its program as the environment has it: packages change whether it ends in `.py` (huey's
    `huey_consumer.py` lost that). Pure."""
    first = argv[0]
    other = first.removesuffix(".py") if first.endswith(".py") else f"{first}.py"
    return (other, *argv[1:]) if first not in programs and other in programs else argv


def turned_off(app: App, worker: Process, why: str) -> App:
    """The app with a worker declared and off. Pure."""
    off = replace(worker, enabled=False, why_off=f"when tried: {why}")
    return replace(app, processes=tuple(off if process == worker else process for process in app.processes))


def why_it_ended(finished: Finished) -> str:
    """The last line that it wrote, else how it ended; empty when it was still there as its time was over."""
    if finished.timed_out:
        return ""
    lines = (" ".join(filter(str.isprintable, line.split())) for line in reversed(finished.output.splitlines()))
    ended = f"signal {finished.signal}" if finished.exit_code is None else f"exit {finished.exit_code}"
    return next(filter(None, lines), ended)[:LONGEST]
