"""Background processes on the bench: one that doesn't stay up would undo every deployment."""

from __future__ import annotations

from dataclasses import replace

from ecluse.model.app import App, Process
from ecluse.ports.commands import Finished

PERIOD = 5.0
"""Seconds that a worker is watched: those that lack something say so while they start."""
LONGEST = 120
"""Characters of what it said."""


def workers(app: App) -> tuple[Process, ...]:
    """Those that a ship would start beside the web process."""
    return tuple(process for process in app.processes if process.enabled and not process.is_web)


def after(app: App, worker: Process, finished: Finished) -> App:
    """Off, with the reason, unless it was still there when its time was over. Pure."""
    if finished.timed_out:
        return app
    off = replace(worker, enabled=False, why_off=f"it ended when tried: {last_words(finished)}")
    return replace(app, processes=tuple(off if process == worker else process for process in app.processes))


def last_words(finished: Finished) -> str:
    """The last line that it wrote, else how it ended."""
    lines = (" ".join(filter(str.isprintable, line.split())) for line in reversed(finished.output.splitlines()))
    ended = f"signal {finished.signal}" if finished.exit_code is None else f"exit {finished.exit_code}"
    return next(filter(None, lines), ended)[:LONGEST]
