"""Who we are to a keeper: enough for one on our machine to see that we are gone."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from ecluse.model.holder import Holder

START_TIME = 19
"""Place of a process's start time behind its name (proc_pid_stat(5), field 22)."""


def identified(holder: Holder) -> dict[str, Any]:
    """The holder with what tells its process from a later one of the same number: start time, boot, namespace."""
    return {
        **asdict(holder),
        "start_time": start_time(holder.pid),
        "boot": Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip(),
        "namespace": str(Path("/proc/self/ns/pid").readlink()),
    }


def start_time(pid: int) -> int:
    """In clock ticks since boot; 0 when there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    return int(stat.rpartition(")")[2].split()[START_TIME])
