"""A shop whose hosts are reached over SSH, each in namespaces of its own."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.shop import MANIFEST, Customers, Shop, open_shop
from support.ssh_hosts import Host, Hosts, made

REMOTE = """
[environments.production]
hosts = [{names}]
address = "0.0.0.0"
port = 8000
watch = "{watch}"
lease = "{lease}"
stamp = true
{rollout}

[environments.production.ssh]
config = "{config}"
connect_timeout = "5s"
keep_alive = "1s"
"""


@dataclass
class Remote:
    shop: Shop
    hosts: Hosts

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.hosts.each)

    def host(self, name: str) -> Host:
        return self.hosts.each[name]

    def url(self, name: str) -> str:
        return f"http://{self.host(name).address}:8000/"

    def json(self, *argv: str, code: int = 0) -> Any:
        return self.shop.json(*argv, code=code)

    def ship(self, code: int = 0) -> Any:
        return self.json("ship", "production", code=code)

    def status(self) -> dict[str, Any]:
        document: dict[str, Any] = self.json("status", "production")["environments"][0]
        return document

    def status_now(self) -> dict[str, Any]:
        """Whatever it is: hosts may be silent."""
        document: dict[str, Any] = json.loads(self.shop.ecluse("status", "production", "--json").stdout)
        found: dict[str, Any] = document["environments"][0]
        return found

    def answers(self) -> dict[str, str]:
        """Which version answers on each host; the error where none does."""
        return {name: _asked(self.url(name)) for name in self.names}

    def keeper(self, name: str) -> int:
        """The pid of the keeper there."""
        found = [
            pid for pid in self.host(name).pids() if b"run\0--home" in _words(pid) or b"run\0--daemon" in _words(pid)
        ]
        assert len(found) == 1, found
        return found[0]


@contextmanager
def customers(remote: Remote, *names: str, connections: int = 4, pause: float = 0.02) -> Iterator[dict[str, Customers]]:
    """Strict clients of every host, or of those named."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(Customers(remote.url(name), connections, pause)) for name in names or remote.names
        }


@contextmanager
def opened(
    folder: Path,
    *names: str,
    lease: str = "8s",
    watch: str = "200ms",
    rollout: str = "",
    more: str = "",
    disk: str = "600m",
) -> Iterator[Remote]:
    """A committed shop and its hosts, which are prepared. `more` is added to the manifest."""
    with made(folder / "hosts", *names, disk=disk) as hosts:
        quoted = ", ".join(f'"{name}"' for name in names)
        remote = REMOTE.format(names=quoted, watch=watch, lease=lease, config=hosts.config, rollout=rollout)
        shop = open_shop(folder / "shop", manifest=MANIFEST + (remote + more).replace("{", "{{").replace("}", "}}"))
        made_ready = Remote(shop, hosts)
        made_ready.json("host", "prepare", "production")
        yield made_ready


def _asked(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return str(answer.headers.get("X-Release", ""))
    except OSError as error:
        return f"error: {error}"


def _words(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
