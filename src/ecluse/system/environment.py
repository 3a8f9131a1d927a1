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


OURS = ".ecluse"
"""Where nobody says where."""


def find_home(root: Path, env: Mapping[str, str]) -> Path:
    """Where everything that Écluse keeps of an app lies: `.ecluse` in its folder, or ECLUSE_HOME. That counts from
    there if it is relative; else each app in a folder of a repository has the same folder below it."""
    named = Path(env.get("ECLUSE_HOME") or OURS).expanduser()
    return (named / _in_repository(root) if named.is_absolute() else root / named).absolute()


def find_cache(env: Mapping[str, str]) -> Path:
    """Where is kept what belongs to no app: an ECLUSE_HOME that is one place for all, else the user's cache
    (XDG Base Directory Specification)."""
    named = Path(env.get("ECLUSE_HOME") or OURS).expanduser()
    if named.is_absolute():
        return named
    return Path(env.get("XDG_CACHE_HOME") or "~/.cache").expanduser().absolute() / "ecluse"


def _in_repository(root: Path) -> Path:
    """The folder of `root` in its repository."""
    above = next((up for up in (root, *root.parents) if (up / ".git").exists()), root)
    return root.relative_to(above)


def actor(env: Mapping[str, str]) -> str:
    """Who acts, for records: what ECLUSE_ACTOR says, else `user@host`. A claim: nothing here proves it."""
    claimed = "".join(character for character in env.get("ECLUSE_ACTOR", "") if character.isprintable()).strip()
    return claimed or login(env)


def login(env: Mapping[str, str]) -> str:
    """`user@host`."""
    user = env.get("LOGNAME") or env.get("USER") or _login()
    return f"{user}@{socket.gethostname()}"


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without an entry in passwd
        return str(os.getuid())
