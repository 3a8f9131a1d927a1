"""What this host is and has, for a person who prepares it and for a deployer. Changes nothing."""

import glob
import os
import platform
import pwd
import resource
import shutil
import time
from typing import Any, Dict, List, Optional

from ecluse.keeper import program, pythons, routing
from ecluse.wire.codes import PROTOCOL

SYSTEMD = "/run/systemd/system"
"""There while systemd is the first process (sd_booted(3))."""


def facts(root: str) -> Dict[str, Any]:
    """`root` is the folder of Écluse on this host. What can't be found out is None."""
    account = pwd.getpwuid(os.geteuid())
    system = platform.uname()
    return {
        "protocol": PROTOCOL,
        "program": program.version(),
        "user": account.pw_name,
        "root": os.geteuid() == 0,
        "python": platform.python_version(),
        "pythons": pythons.found_versions(),
        "system": system.system,
        "kernel": system.release,
        "machine": system.machine,
        "libc": " ".join(platform.libc_ver()),
        "routing": routing.is_supported(),
        "free_bytes": shutil.disk_usage(_existing(root)).free,
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "processors": os.cpu_count(),
        "open_files": resource.getrlimit(resource.RLIMIT_NOFILE)[1],
        "first_free_port": _number("/proc/sys/net/ipv4/ip_unprivileged_port_start"),
        "clock": time.time(),
        "systemd": os.path.isdir(SYSTEMD),
        "lingers": os.path.exists("/var/lib/systemd/linger/" + account.pw_name) if os.path.isdir(SYSTEMD) else None,
        "crontab": shutil.which("crontab") is not None,
        "environments": environments(root),
    }


def platform_told() -> Dict[str, Any]:
    """By what wheels are chosen for this host."""
    libc, release = platform.libc_ver()
    return {
        "pythons": pythons.installed(),
        "machine": platform.machine(),
        "libc": libc or "musl",
        "release": release,
    }


def environments(root: str) -> List[str]:
    """The folders of those that a keeper keeps, or kept when the host went down."""
    return sorted(map(os.path.dirname, glob.glob(os.path.join(root, "apps", "*", "environments", "*", "keeper.json"))))


def _existing(folder: str) -> str:
    while not os.path.exists(folder):
        folder = os.path.dirname(folder)
    return folder


def _number(path: str) -> Optional[int]:
    try:
        with open(path, encoding="ascii") as file:
            return int(file.read())
    except (OSError, ValueError):
        return None
