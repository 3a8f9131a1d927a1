"""The surroundings of a build: code of others runs in it, without the user's home and the user's secrets. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

_KEPT = re.compile(
    r"PATH|LANG|LC_\w+|TZ|TERM|USER|LOGNAME|NO_COLOR|SSL_CERT_\w+|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NETRC"
    r"|(https?|all|no|HTTPS?|ALL|NO)_(proxy|PROXY)|SSH_AUTH_SOCK|SOURCE_DATE_EPOCH"
    r"|GIT_(CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+)|SSH|SSH_COMMAND|SSH_VARIANT|ASKPASS|TERMINAL_PROMPT)"
    r"|GIT_(SSL_\w+|PROXY_\w+|HTTP_\w+|EXEC_PATH|TEMPLATE_DIR|ALLOW_PROTOCOL|PROTOCOL_FROM_USER|LFS_SKIP_SMUDGE)"
    r"|PYTHON(HASHSEED|DONTWRITEBYTECODE|UTF8|IOENCODING|UNBUFFERED|NOUSERSITE|COERCECLOCALE|WARNINGS)"
    r"|CC|CXX|CPP|LD|AR|C\w*FLAGS|LDFLAGS|LIBRARY_PATH|LD_LIBRARY_PATH|C_INCLUDE_PATH|CPATH|PKG_CONFIG_PATH|MAKEFLAGS"
    r"|\w+_PRETEND_VERSION\w*|PBR_VERSION|(POETRY|UV)_DYNAMIC_VERSIONING_BYPASS|PDM_BUILD_SCM_VERSION"
    r"|UV_INDEX_\w+_(USERNAME|PASSWORD)|UV_(?!PUBLISH_|\w*(TOKEN|PASSWORD|SECRET))\w+"
)
"""What finds packages and builds them. Anything else may be a secret of the user's, and builds don't need it. uv's own
names are too many to list, and a new one may decide what is resolved; pip's are said in uv's words (settings.py)."""
_FOLDER = re.compile(r"(?!\w*(TOKEN|PASSWORD|SECRET))\w+_HOME")
"""Where a tool is: nothing but a path, so that it can't be anything else."""


def alone(env: Mapping[str, str], home: Path) -> dict[str, str]:
    """`env` for a program whose home is `home`; uv and git still find what is theirs in the user's.

    The credentials of an index are among it: one process fetches what a build needs and runs the build.
    """
    kept = {name: value for name, value in env.items() if _is_kept(name, value)}
    return {**_of_the_user(env), **kept, "HOME": str(home), "TMPDIR": str(home)}


def _is_kept(name: str, value: str) -> bool:
    return bool(_KEPT.fullmatch(name) or (_FOLDER.fullmatch(name) and Path(value).is_absolute()))


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
