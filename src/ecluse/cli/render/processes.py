"""One process in a line."""

from __future__ import annotations

from ecluse.model.app import Process


def off_line(process: Process) -> str:
    """`worker  off: needs Redis`"""
    return f"{process.name}  off: {process.why_off or 'enabled = false'}"
