"""Many hosts at little cost: addresses of the loopback on which a few real sshd listen. They share one machine, so they
do for commands and counts of connections, not for deploys."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from support.ssh_hosts import PATH, ran

EACH = 15
"""Addresses that one sshd listens on (it takes 16)."""
SSHD = """\
Port {port}
{listen}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/key.pub
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
MaxStartups 500
MaxSessions 200
Subsystem sftp /usr/lib/openssh/sftp-server
"""
CLIENT = """\
Host *
    {user}
    IdentityFile {folder}/key
    IdentitiesOnly yes
    UserKnownHostsFile {folder}/known
    StrictHostKeyChecking yes
"""


def find_sshd() -> str | None:
    return shutil.which("sshd", path=PATH)


def make_keys(folder: Path, addresses: Sequence[str], port: int, *, user: str = "") -> Path:
    """`key` of the client, `host_key` of all hosts, `known`; returns the client's configuration with all of it."""
    for name in ("host_key", "key"):
        ran("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name))
    (folder / "key.pub").chmod(0o644)
    kind, key, *_ = (folder / "host_key.pub").read_text().split()
    (folder / "known").write_text("".join(f"[{address}]:{port} {kind} {key}\n" for address in addresses))
    config = folder / "ssh_config"
    config.write_text(CLIENT.format(folder=folder, user=f"User {user}" if user else ""))
    return config


@contextmanager
def listening(folder: Path, addresses: Sequence[str], port: int, within: Sequence[str] = ()) -> Iterator[None]:
    """Sshd on each address, with the keys of `make_keys`. `within` is put before the command, as `nsenter` is."""
    with ExitStack() as stack:
        log = stack.enter_context((folder / "sshd.log").open("wb"))
        for first in range(0, len(addresses), EACH):
            listen = "\n".join(f"ListenAddress {address}" for address in addresses[first : first + EACH])
            config = folder / f"sshd_config{first}"
            config.write_text(SSHD.format(port=port, listen=listen, folder=folder))
            words = [*within, find_sshd(), "-D", "-e", "-f", str(config)]
            server = stack.enter_context(subprocess.Popen(words, stderr=log, start_new_session=True))
            stack.callback(server.kill)
        for address in addresses:
            until_it_listens(address, port)
        yield


def free_port(addresses: Sequence[str]) -> int:
    """Free on all of them."""
    for port in range(20022, 22000):
        try:
            for address in addresses:
                socket.create_server((address, port)).close()
        except OSError:
            continue
        return port
    raise AssertionError("no port is free on the loopback")


def until_it_listens(address: str, port: int) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection((address, port), 1).close()
        except OSError:
            assert time.monotonic() < until, f"nothing listens at {address}:{port}"
            time.sleep(0.05)
        else:
            return
