"""Reads what this machine can do. Changes nothing."""

from __future__ import annotations

import ctypes
import getpass
import os
import platform
import shutil
import socket
import struct
import subprocess
from collections.abc import Iterable
from pathlib import Path

from ecluse.ports.machine import Machine, Offer

SO_ATTACH_REUSEPORT_CBPF = 51
RETURN_ZERO = struct.pack("<HBBI", 0x06, 0, 0, 0)
"""The one-instruction program `ret 0` (struct sock_filter, linux/filter.h)."""


def read_machine(
    home: Path, *, step_layer: str, veils: bool, interpreters: Iterable[str], services: Iterable[Offer] = ()
) -> Machine:
    system = platform.uname()
    return Machine(
        system=system.system,
        kernel=system.release,
        python=platform.python_version(),
        git=git_version(),
        kernel_routing=takes_programs(),
        ptrace_scope=number_in(Path("/proc/sys/kernel/yama/ptrace_scope")),
        user=getpass.getuser(),
        root=os.geteuid() == 0,
        lingers=lingers(getpass.getuser()),
        kills_user_processes=kills_user_processes(Path("/etc/systemd/logind.conf")),
        first_free_port=number_in(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")) or 1024,
        free_bytes=shutil.disk_usage(existing(home)).free,
        step_layer=step_layer,
        veils=veils,
        interpreters=tuple(interpreters),
        services=tuple(services),
    )


def git_version() -> str:
    found = shutil.which("git")
    if found is None:
        return ""
    return subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout.strip()


def takes_programs() -> bool:
    """Whether a group of sockets may be given a classic BPF program (socket(7), SO_ATTACH_REUSEPORT_CBPF)."""
    code = ctypes.create_string_buffer(RETURN_ZERO)
    program = struct.pack("@HP", 1, ctypes.addressof(code))
    with socket.socket() as trial:
        try:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            trial.bind(("127.0.0.1", 0))
            trial.setsockopt(socket.SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, program)
        except OSError:
            return False
    return True


def number_in(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def lingers(user: str) -> bool | None:
    """loginctl(1) keeps a file for each user who lingers; without a running systemd the question has no answer."""
    if not Path("/run/systemd/system").is_dir():
        return None
    return Path("/var/lib/systemd/linger", user).exists()


def kills_user_processes(settings: Path) -> bool | None:
    """logind.conf(5); None where systemd doesn't run."""
    if not Path("/run/systemd/system").is_dir():
        return None
    try:
        lines = settings.read_text().splitlines()
    except OSError:
        return False
    return any(line.replace(" ", "").lower() in {"killuserprocesses=yes", "killuserprocesses=true"} for line in lines)


def existing(folder: Path) -> Path:
    """The nearest folder upwards that exists."""
    return next(up for up in (folder, *folder.parents) if up.exists())
