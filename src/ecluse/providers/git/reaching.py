"""By what git reaches a remote: the caller's ways, the repository's own, and else a CI's own token."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from ecluse.providers.git.program import Git

Settings = tuple[tuple[str, str], ...]
WAY = (
    "HTTPS_PROXY", "https_proxy", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "GIT_SSH_COMMAND", "GIT_SSH",
)  # fmt: skip
"""By these a caller says how a remote is reached (git(1), curl(1))."""
ASKING, FETCHING = timedelta(seconds=60), timedelta(minutes=30)
_SILENT: Settings = (("http.lowSpeedLimit", "1"), ("http.lowSpeedTime", "300"))
"""Seconds in which a server says nothing at all; one at work says so every five (git-config(1), receive.keepAlive)."""
PUSH = ("push", "--no-follow-tags", "--recurse-submodules=no")
"""What is named and nothing else, whatever the user's settings add to a push of their own."""
_CARRIED = ("http.", "url.", "remote.", "credential.", "ssh.", "protocol.", "core.sshcommand", "core.gitproxy")
_MOST = 1000


async def way(name: str, git: Git, env: Mapping[str, str], carried: Settings = ()) -> dict[str, str]:
    """What a git that asks the remote `name` gets besides. `carried` are settings of another repository."""
    token = credentials(env)
    if token and await _has_own(name, git):
        token = ()
    given = {name: env[name] for name in WAY if name in env}
    return given | as_environment((*_SILENT, *carried, *_of_caller(env), *token))


async def settings_of(git: Git) -> Settings:
    """By which the repository that `git` is in reaches remotes, wherever it includes them from."""
    said = await git.ask("config", "--list", "--show-scope", "-z")
    fields = said.out.decode(errors="surrogateescape").split("\0")
    pairs = (entry.partition("\n") for scope, entry in zip(fields[::2], fields[1::2], strict=False) if scope in _OWN)
    return tuple((key, value) for key, _, value in pairs if key.startswith(_CARRIED))


_OWN = ("local", "worktree")


def credentials(env: Mapping[str, str]) -> Settings:
    """A CI's own token for its own forge."""
    for server, token, user in (
        ("GITHUB_SERVER_URL", "GITHUB_TOKEN", "x-access-token"),
        ("CI_SERVER_URL", "CI_JOB_TOKEN", "gitlab-ci-token"),
    ):
        if env.get(server) and env.get(token):
            word = b64encode(f"{user}:{env[token]}".encode()).decode()
            return ((f"http.{env[server].rstrip('/')}/.extraHeader", f"Authorization: Basic {word}"),)
    return ()


def as_environment(settings: Sequence[tuple[str, str]]) -> dict[str, str]:
    """git-config(1), GIT_CONFIG_COUNT: never an argument, nor in a file."""
    told = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings):
        told |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return told


async def _has_own(name: str, git: Git) -> bool:
    """A password in the address, or a header that actions/checkout left: whoever wrote it meant it, it may do what the
    CI's own token may not, and forges refuse two headers."""
    address = await git.ask("remote", "get-url", "--push", name)
    with_password = urlsplit(address.out.decode(errors="replace").strip()).password
    headers = await git.ask("config", "--get-regexp", r"^http\.(.*\.)?extraheader$", "^[Aa][Uu][Tt][Hh][Oo][Rr]")
    return bool(with_password) or headers.ok


def _of_caller(env: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    count = env.get("GIT_CONFIG_COUNT", "")
    for number in range(min(int(count), _MOST) if count.isdecimal() else 0):
        key, value = f"GIT_CONFIG_KEY_{number}", f"GIT_CONFIG_VALUE_{number}"
        if key in env and value in env:
            yield env[key], env[value]
