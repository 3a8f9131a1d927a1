"""Hosts over SSH as a chain: what the suites of faults ask of hosts, whatever they are."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support import remote
from support.fleet import kill_at_once, kind_of, state_of
from support.remote import Remote, opened
from support.ssh_hosts import USER

if TYPE_CHECKING:
    from support.shop import Customers, Shop

HOME = Path(f"/home/{USER}/.ecluse/apps/shop/environments/production")
RUN = f'exec "$HOME/.ecluse/python" -I "$HOME/.ecluse/keeper.pyz" run --daemon --home {HOME}'


class RemoteChain:
    """Fills the place of `support.fleet.Chain`."""

    environment = ("production",)
    settles = 20.0
    number = 0
    witnesses: Path

    def __init__(self, made: Remote) -> None:
        self.remote = made

    @property
    def shop(self) -> Shop:
        return self.remote.shop

    @property
    def names(self) -> tuple[str, ...]:
        return self.remote.names

    def shown(self, name: str) -> str:
        return name

    def answers(self) -> dict[str, str]:
        return self.remote.answers()

    def keeper(self, host: str) -> int:
        return self.remote.keeper(host)

    def processes(self, host: str) -> dict[int, str]:
        return {pid: kind for pid in self.remote.host(host).pids() if (kind := kind_of(pid, HOME))}

    def restart_keepers(self, fault: str) -> None:
        kill_at_once([pid for host in self.names for pid, kind in self.processes(host).items() if kind != "app"])
        words = ("env", f"ECLUSE_FAULT={fault}", "/bin/sh", "-c", RUN)
        started = [subprocess.Popen(self.remote.host(host).inside(*words)) for host in self.names]
        assert [one.wait(60) for one in started] == [0] * len(started)

    def frozen(self) -> str | None:
        return next((host for host in self.names if self._stands_still(host)), None)

    def _stands_still(self, host: str) -> bool:
        return any(kind == "keeper" and state_of(pid) == "T" for pid, kind in self.processes(host).items())

    def status(self) -> dict[str, Any]:
        """Whatever it is: a host may be silent just now."""
        return self.remote.status_now()


@contextmanager
def open_remote_chain(folder: Path, *names: str, lease: str, rollout: str = "") -> Iterator[RemoteChain]:
    with opened(folder, *names, lease=lease, rollout=rollout) as made:
        yield RemoteChain(made)


def customers(chain: RemoteChain) -> AbstractContextManager[dict[str, Customers]]:
    """Of every host, from outside; few of each, because the hosts share this machine."""
    return remote.customers(chain.remote, connections=2)
