"""Which repository of which forge a git remote is. Pure."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_SCP = re.compile(r"(?:[^@/\s]+@)?(?P<host>[^:/\s]+):(?P<path>[^\s]+)")
"""`git@host:team/shop.git` (git-clone(1), GIT URLS)."""


def host_and_repository(address: str) -> tuple[str, str]:
    """`host`, without a user, and `team/shop`; empty for an address that names none, such as a folder's."""
    if "://" in address:
        parts = urlsplit(address)
        if parts.scheme == "file":
            return "", ""
        host = parts.hostname or ""
        host += f":{parts.port}" if parts.port and parts.scheme in {"http", "https"} else ""
        return host, _named(parts.path)
    found = _SCP.fullmatch(address)
    return (found["host"], _named(found["path"])) if found else ("", "")


def _named(path: str) -> str:
    return path.strip("/").removesuffix(".git")
