"""Hosts on the loopback, for fleet benches: real sshd, and for each host an ordinary user with a home of its own, whose
shell is /bin/sh. They live in one mount namespace, so this machine's users are left alone. Needs root."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from support.loopback import find_sshd, free_port, listening, make_keys
from support.ssh_hosts import ran

FIRST_UID = 700_000


@dataclass(frozen=True, slots=True)
class Loopback:
    """`user` has its home in the namespace alone."""

    name: str
    address: str
    user: str


@dataclass(frozen=True, slots=True)
class Fleet:
    folder: Path
    port: int
    hosts: tuple[Loopback, ...]
    holder: int

    @property
    def key(self) -> Path:
        return self.folder / "key"

    @property
    def known(self) -> Path:
        return self.folder / "known"

    @property
    def config(self) -> Path:
        return self.folder / "ssh_config"

    def run(self, script: str) -> str:
        """As root, where the homes are."""
        return ran("nsenter", "-t", str(self.holder), "-m", "--", "sh", "-euc", script)

    def first(self, count: int) -> Fleet:
        return Fleet(self.folder, self.port, self.hosts[:count], self.holder)


@contextmanager
def fleet(folder: Path, count: int) -> Iterator[Fleet]:
    """Up and trusted; nothing of it stays."""
    if os.geteuid() or find_sshd() is None:
        raise SystemExit("hosts on the loopback need root and sshd (Debian: openssh-server)")
    folder.chmod(0o711)
    hosts = tuple(Loopback(f"h{n}", f"127.0.8.{n}", f"bench{n}") for n in range(1, count + 1))
    addresses = [host.address for host in hosts]
    port = free_port(addresses)
    make_keys(folder, addresses, port)
    with ExitStack() as stack:
        holder = stack.enter_context(
            subprocess.Popen(["unshare", "--mount", "--propagation", "private", "sleep", "infinity"])
        )
        stack.callback(holder.kill)
        while "sleep" not in Path(f"/proc/{holder.pid}/comm").read_text():
            time.sleep(0.005)
        made = Fleet(folder, port, hosts, holder.pid)
        make_users(made)
        stack.enter_context(listening(folder, addresses, port, ["nsenter", "-t", str(holder.pid), "-m", "--"]))
        yield made


def make_users(made: Fleet) -> None:
    """With no password, but not locked: sshd refuses an account that is (shadow(5))."""
    system = "root:x:0:0:root:/root:/bin/sh\nsshd:x:105:65534::/run/sshd:/usr/sbin/nologin\n"
    numbered = [(host, FIRST_UID + number) for number, host in enumerate(made.hosts)]
    passwd = system + "".join(f"{host.user}:x:{uid}:{uid}::/home/{host.user}:/bin/sh\n" for host, uid in numbered)
    shadow = "".join(f"{user}:*:19000:0:99999:7:::\n" for user in ("root", *(host.user for host, _ in numbered)))
    group = "root:x:0:\n" + "".join(f"{host.user}:x:{uid}:\n" for host, uid in numbered)
    for name, text in {"passwd": passwd, "shadow": shadow, "group": group}.items():
        (made.folder / name).write_text(text)
    mounts = "".join(f"mount --bind {made.folder}/{name} /etc/{name}\n" for name in ("passwd", "shadow", "group"))
    homes = "".join(f"install -d -m 700 -o {uid} -g {uid} /home/{host.user}\n" for host, uid in numbered)
    run = "mount -t tmpfs tmpfs /run\nmkdir -p /run/sshd\n"
    cron = "mount -t tmpfs tmpfs /var/spool/cron\nmkdir -m 1777 /var/spool/cron/crontabs\n"
    made.run(f"mount -t tmpfs -o mode=755 tmpfs /home\n{run}{cron}{mounts}{homes}")
