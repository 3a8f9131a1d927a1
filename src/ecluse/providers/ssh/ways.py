"""How each host is connected: the user's SSH configuration, keys and known hosts, as asyncssh takes them.

Files are read once for all hosts: for fifty of them reading was most of the work.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ecluse.model.host import Address, SshSettings
from ecluse.model.values import frozen
from ecluse.providers.ssh.library import asyncssh

DEFAULT_PORT = 22
MISSED = 3
"""Keep-alives without an answer after which a connection is lost."""
CIPHERS = "^aes128-gcm@openssh.com,aes256-gcm@openssh.com"
"""Before what asyncssh would choose, chacha20-poly1305: that takes several calls a packet, a third of all the time that
a short command needs here. Processors of the last fifteen years have instructions for AES."""
USER_CONFIG = "~/.ssh/config"
USER_KNOWN = ("~/.ssh/known_hosts", "~/.ssh/known_hosts2")
GLOBAL_KNOWN = ("/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2")
"""Where the configuration names none (ssh_config(5))."""


@frozen
class Way:
    """`options`, and what asyncssh is given beside them when it connects. `known`: the keys that the host is known by,
    as people compare them."""

    options: asyncssh.SSHClientConnectionOptions
    beside: dict[str, Any]
    known: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Keys:
    """What the user may log in with."""

    pairs: Sequence[asyncssh.SSHKeyPair] | None
    identities: Sequence[bytes] | None


class Ways:
    """One for a command: what it has read it doesn't read again, but for known hosts that were changed."""

    def __init__(self, settings: SshSettings) -> None:
        self._settings = settings
        self._keys: dict[object, _Keys] = {}

    def to(self, address: Address) -> Way:
        """Reads files. OSError, ValueError: one can't be read, or says what it can't."""
        options = asyncssh.SSHClientConnectionOptions(
            **self.named(address),
            **given(username=address.user or ()),
            host=address.name,
            password_auth=False,
            kbdint_auth=False,
            keepalive_interval=self._settings.keep_alive.total_seconds(),
            keepalive_count_max=MISSED,
            client_keys=None,  # they are read below, once
        )
        known = known_hosts(options)
        keys = self._keys_for(options)
        beside = {
            "config": None if is_settled(options) else self._config or users_own(),
            "tunnel": options.tunnel,
            "known_hosts": known,
            # Copies, because a pair keeps the signature that it agreed on with one host.
            "client_keys": [copy.copy(pair) for pair in keys.pairs or ()],
            "agent_identities": keys.identities,
            **given(encryption_algs=() if options.config.get("Ciphers") else CIPHERS),
        }
        return Way(options=options, beside=beside, known=known_keys(options, known))

    def named(self, address: Address) -> dict[str, Any]:
        """What the manifest says of the way to it."""
        told = given(port=address.port or (), tunnel=self._settings.jump or ())
        return {"config": self._config, **told}

    @property
    def _config(self) -> Sequence[Path]:
        """None named: asyncssh takes an empty tuple for the user's own, but nothing at all for no configuration."""
        return [Path(self._settings.config).expanduser()] if self._settings.config else ()

    def _keys_for(self, options: asyncssh.SSHClientConnectionOptions) -> _Keys:
        said = options.config.get
        named = repr([said("IdentityFile"), said("CertificateFile"), said("IdentitiesOnly")])
        if named not in self._keys:
            full = asyncssh.SSHClientConnectionOptions(options, config=None, client_keys=())
            self._keys[named] = _Keys(full.client_keys, full.agent_identities)
        return self._keys[named]


def is_settled(options: asyncssh.SSHClientConnectionOptions) -> bool:
    """Whether asyncssh needs the configuration no more: for a host to go through, or for what it says of the name that
    the host turns out to have."""
    return not (options.tunnel or options.canonicalize_hostname or options.config.has_match_final())


def users_own() -> Sequence[Path]:
    path = Path(USER_CONFIG).expanduser()
    return [path] if os.access(path, os.R_OK) else ()


def known_hosts(options: asyncssh.SSHClientConnectionOptions) -> asyncssh.SSHKnownHosts:
    """As the configuration names them. Where it says "none" asyncssh would trust every host: we trust none."""
    said = options.config.get
    files = (*_named(said("UserKnownHostsFile"), USER_KNOWN), *_named(said("GlobalKnownHostsFile"), GLOBAL_KNOWN))
    return _read(tuple(_stamped(files)))


def _named(named: object, otherwise: Sequence[str]) -> Sequence[str]:
    return otherwise if not isinstance(named, list) else named


def _stamped(files: Iterable[str]) -> Iterable[tuple[Path, int]]:
    """Those that are there, and when they were changed."""
    for name in files:
        path = Path(name).expanduser()
        if path.is_file():
            yield path, path.stat().st_mtime_ns


@cache
def _read(files: tuple[tuple[Path, int], ...]) -> asyncssh.SSHKnownHosts:
    return asyncssh.import_known_hosts("\n".join(path.read_text(errors="replace") for path, _ in files))


def known_keys(options: asyncssh.SSHClientConnectionOptions, known: asyncssh.SSHKnownHosts) -> tuple[str, ...]:
    port = options.port if options.port != DEFAULT_PORT else None
    found = asyncssh.match_known_hosts(known, options.host_key_alias or options.host, "", port)[0]
    return tuple(map(told_key, found))


def told_key(key: asyncssh.SSHKey) -> str:
    """As `ssh-keygen -l` shows it."""
    return f"{key.get_algorithm()} {key.get_fingerprint()}"


def given(**options: Any) -> dict[str, Any]:
    """Those that are set; asyncssh takes an empty tuple for "not given", but not everywhere."""
    return {name: value for name, value in options.items() if value != ()}
