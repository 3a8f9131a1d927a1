"""A deploy of a bundle of 20 MB to 20 hosts over SSH, and then of a change of one line: time, and bytes on the wire.

Each host is a network and mount namespace with a real sshd, as in the tests. Bytes are what the kernel counted on the
hosts' links, both ways, SSH and TCP included. Usage: python benchmarks/fleet_deploy.py [HOSTS] [MEGABYTES]
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from bench_shop import table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from support.remote import Remote, opened
from support.ssh_hosts import required

MEGABYTE = 1_000_000


def main(hosts: int, megabytes: int) -> None:
    required()
    names = [f"web{number}" for number in range(1, hosts + 1)]
    with (
        tempfile.TemporaryDirectory(prefix="ecluse-bench-") as folder,
        opened(Path(folder), *names, lease="60s", watch="0s", disk="400m") as remote,
    ):
        (remote.shop.root / "data.bin").write_bytes(os.urandom(megabytes * MEGABYTE))
        remote.shop.sell("1")
        rows = [measured("the first deploy", remote)]
        remote.shop.sell("2")
        rows.append(measured("one line changed", remote))
        rows.append(measured("nothing changed", remote))
        assert len(set(remote.answers().values())) == 1, remote.answers()
    head = ("ship production", "s", "MB sent", "MB a host", "MB received", "outcome")
    table(f"a bundle of {megabytes} MB to {hosts} hosts", head, rows)


def measured(what: str, remote: Remote) -> tuple[object, ...]:
    sent, received = counted(remote)
    began = time.perf_counter()
    shipped = remote.ship()
    seconds = time.perf_counter() - began
    sent, received = (now - before for now, before in zip(counted(remote), (sent, received), strict=True))
    bytes_told = (f"{sent / MEGABYTE:.2f}", f"{sent / len(remote.names) / MEGABYTE:.3f}", f"{received / MEGABYTE:.2f}")
    return (what, f"{seconds:.1f}", *bytes_told, shipped["outcome"])


def counted(remote: Remote) -> tuple[int, int]:
    """Bytes sent to all hosts and received of them."""
    links = [Path("/sys/class/net") / host.link / "statistics" for host in remote.hosts.each.values()]
    return tuple(sum(int((link / name).read_text()) for link in links) for name in ("tx_bytes", "rx_bytes"))


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 20, int(sys.argv[2]) if sys.argv[2:] else 20)
