"""By how much another clock is off ours. Nothing is decided by wall clocks; times in logs and history would mislead."""

from __future__ import annotations

from ecluse.model.ids import HostName
from ecluse.model.problem import Exit, Problem

MUCH = 30.0
"""Seconds by which clocks may differ."""
HOUR, MINUTE = 3600, 60


def skew(clock: float, began: float, ended: float) -> float:
    """Seconds by which `clock` is ahead. `began` and `ended`: our time around the question; a clock that was somewhere
    between the two may be right."""
    return clock - ended if clock > ended else min(clock - began, 0.0)


def clock_off(host: HostName, seconds: float) -> Problem | None:
    """Where a host's clock is off by much. It stops nothing."""
    if abs(seconds) <= MUCH:
        return None
    way = "ahead of" if seconds > 0 else "behind"
    return Problem(
        code="H014",
        what=f"the clock of {host} is {_told(abs(seconds))} {way} ours",
        state="deploys go on: leases and waits go by a clock that counts from the boot; times in its logs are off",
        fix="set it there: `sudo timedatectl set-ntp true`; or mend ours, if that is the one that is off",
        exit=Exit.REFUSED,
    )


def _told(seconds: float) -> str:
    for name, size in (("h", HOUR), ("min", MINUTE)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {name}"
    return f"{seconds:.0f} s"
