"""The surroundings of a build: code of others runs in it, without the user's home and the user's secrets. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

_KEPT = re.compile(
    r"PATH|LANG|LC_\w+|TZ|TERM|USER|LOGNAME|NO_COLOR|UV_\w+|PIP_\w+|SSL_CERT_\w+|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NETRC"
    r"|(https?|all|no|HTTPS?|ALL|NO)_(proxy|PROXY)|GIT_\w+|SSH_AUTH_SOCK|SOURCE_DATE_EPOCH|PYTHON\w+"
    r"|CC|CXX|CPP|LD|AR|C\w*FLAGS|LDFLAGS|LIBRARY_PATH|LD_LIBRARY_PATH|C_INCLUDE_PATH|CPATH|PKG_CONFIG_PATH|MAKEFLAGS"
    r"|\w+_HOME|\w+_PRETEND_VERSION\w*|PBR_VERSION|\w+_BYPASS|PDM_BUILD_SCM_VERSION"
)
"""What finds packages and builds them. Anything else may be a secret of the user's, and builds don't need it."""


def alone(env: Mapping[str, str], home: Path) -> dict[str, str]:
    """`env` for a program whose home is `home`; uv and git still find what is theirs in the user's."""
    kept = {name: value for name, value in env.items() if _KEPT.fullmatch(name)}
    return {**_of_the_user(env), **kept, "HOME": str(home), "TMPDIR": str(home)}


def cache(env: Mapping[str, str]) -> Path:
    """Where uv keeps what it fetched (uv's manual, "Caching")."""
    home = env.get("HOME", "/nonexistent")
    return Path(env.get("UV_CACHE_DIR") or f"{env.get('XDG_CACHE_HOME') or home + '/.cache'}/uv")


def _of_the_user(env: Mapping[str, str]) -> dict[str, str]:
    home = Path(env.get("HOME", "/nonexistent"))
    config = Path(env.get("XDG_CONFIG_HOME") or home / ".config")
    places = {
        "NETRC": home / ".netrc",
        "GIT_CONFIG_GLOBAL": home / ".gitconfig",
        "UV_CONFIG_FILE": config / "uv" / "uv.toml",
        "UV_CREDENTIALS_DIR": home / ".local" / "share" / "uv" / "credentials",
        "RUSTUP_HOME": home / ".rustup",
    }
    there = {name: str(path) for name, path in places.items() if path.exists()}
    return {**there, "UV_CACHE_DIR": str(cache(env))}
