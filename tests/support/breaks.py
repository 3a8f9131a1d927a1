"""Ways to lose a host that is reached over SSH, and to put it right again."""

from __future__ import annotations

import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from support.ssh_hosts import Host

RULES = """\
table inet cut {
    chain in { type filter hook input priority 0; tcp dport 22 drop; }
    chain out { type filter hook output priority 0; tcp sport 22 drop; }
}
"""


class Break(Protocol):
    """`hides`: clients elsewhere don't reach the host either."""

    hides: bool

    def begin(self, host: Host) -> None: ...

    def end(self, host: Host) -> None:
        """May be repeated."""


class Cable:
    hides = True

    def begin(self, host: Host) -> None:
        host.cut()

    def end(self, host: Host) -> None:
        host.mend()


class Filtered:
    """The host's packet filter swallows SSH, what is open too; all else goes on."""

    hides = False

    def begin(self, host: Host) -> None:
        host.run("sh", "-euc", f"printf '%s' '{RULES}' | nft -f -", user=False)

    def end(self, host: Host) -> None:
        host.run("sh", "-c", "nft delete table inet cut 2>/dev/null || true", user=False)


class NoSshd:
    """Killed, with all its sessions."""

    hides = False

    def begin(self, host: Host) -> None:
        for pid in host.pids():
            with suppress(OSError):
                if Path(f"/proc/{pid}/comm").read_text().startswith("sshd"):
                    os.kill(pid, signal.SIGKILL)
        assert host.sshd is not None
        host.sshd.wait()

    def end(self, host: Host) -> None:
        if host.sshd is None or host.sshd.poll() is not None:
            host.serve()


BREAKS: dict[str, Break] = {"cable": Cable(), "sshd": NoSshd()}
if shutil.which("nft", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"):
    BREAKS["nftables"] = Filtered()
