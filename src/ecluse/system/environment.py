"""The only reader of the process environment."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType


def read_environment() -> Mapping[str, str]:
    """The caller's environment as it is now."""
    return MappingProxyType(dict(os.environ))


def find_home(root: Path, env: Mapping[str, str]) -> Path:
    """Where everything that Écluse keeps lies: ECLUSE_HOME, else `.ecluse` of the repository."""
    named = env.get("ECLUSE_HOME", "")
    return Path(named).expanduser().absolute() if named else root / ".ecluse"


def actor(env: Mapping[str, str]) -> str:
    """`user@host`, for records."""
    user = env.get("LOGNAME") or env.get("USER") or _login()
    return f"{user}@{socket.gethostname()}"


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without an entry in passwd
        return str(os.getuid())
