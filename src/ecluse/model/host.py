"""Where a host is reached."""

from __future__ import annotations

import re
from datetime import timedelta

from ecluse.model.ids import HostName
from ecluse.model.values import frozen

HERE = HostName("this machine")
HERE_PREFIX = "keeper:"
"""Of a host that is a folder on this machine."""
_ADDRESS = re.compile(r"(?:(?P<user>[^@]+)@)?(?P<name>\[[0-9A-Fa-f:.]+\]|[^:@]+)(?::(?P<port>\d+))?")


@frozen
class Address:
    """`[USER@]NAME[:PORT]`, as the manifest names a host. What it leaves out is for the SSH configuration to say."""

    name: str
    user: str = ""
    port: int = 0

    @classmethod
    def of(cls, text: str) -> Address:
        """ValueError for anything else."""
        found = _ADDRESS.fullmatch(text)
        if found is None:
            raise ValueError(text)
        return cls(name=found["name"].strip("[]"), user=found["user"] or "", port=int(found["port"] or 0))

    def __str__(self) -> str:
        """Without the user: what people call it."""
        name = f"[{self.name}]" if ":" in self.name else self.name
        return f"{name}:{self.port}" if self.port else name


@frozen
class SshSettings:
    """How the hosts of an environment are reached. `config`: an OpenSSH client configuration, empty for the user's own;
    `jump`: a host to go through, where the configuration names none. `folder` lies in the user's home there."""

    config: str = ""
    jump: str = ""
    folder: str = ".ecluse"
    connect_timeout: timedelta = timedelta(seconds=10)
    keep_alive: timedelta = timedelta(seconds=5)
    """Three of them without an answer, and the connection is lost."""
    at_once: int = 50
    transfers: int = 10


def host_name(text: str) -> HostName:
    """What the host of a manifest's entry is called everywhere: a folder, or its address without the user."""
    if text.startswith(HERE_PREFIX):
        return HostName(text.removeprefix(HERE_PREFIX).removeprefix("./"))
    return HostName(str(Address.of(text)))
