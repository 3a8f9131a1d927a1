"""Hosts on the loopback, for fleet benches: real sshd, and for each host an ordinary user with a home of its own, whose
shell is /bin/sh. They live in one mount namespace, so this machine's users are left alone. Needs root."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
EACH = 15
"""Addresses that one sshd listens on (it takes 16)."""
FIRST_UID = 700_000
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
    IdentityFile {folder}/key
    IdentitiesOnly yes
    UserKnownHostsFile {folder}/known
    StrictHostKeyChecking yes
"""


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
    if os.geteuid() or not shutil.which("sshd", path=PATH):
        raise SystemExit("hosts on the loopback need root and sshd (Debian: openssh-server)")
    folder.chmod(0o711)
    hosts = tuple(Loopback(f"h{n}", f"127.0.8.{n}", f"bench{n}") for n in range(1, count + 1))
    port = free_port([host.address for host in hosts])
    for name in ("host_key", "key"):
        ran("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name))
    (folder / "key.pub").chmod(0o644)
    with ExitStack() as stack:
        holder = stack.enter_context(
            subprocess.Popen(["unshare", "--mount", "--propagation", "private", "sleep", "infinity"])
        )
        stack.callback(holder.kill)
        while "sleep" not in Path(f"/proc/{holder.pid}/comm").read_text():
            time.sleep(0.005)
        made = Fleet(folder, port, hosts, holder.pid)
        make_users(made)
        tell_client(made)
        log = stack.enter_context((folder / "sshd.log").open("wb"))
        for first in range(0, count, EACH):
            config = folder / f"sshd_config{first}"
            listen = "\n".join(f"ListenAddress {host.address}" for host in hosts[first : first + EACH])
            config.write_text(SSHD.format(port=port, listen=listen, folder=folder))
            words = ["nsenter", "-t", str(holder.pid), "-m", "--", shutil.which("sshd", path=PATH), "-D", "-e", "-f"]
            server = stack.enter_context(subprocess.Popen([*words, str(config)], stderr=log, start_new_session=True))
            stack.callback(server.kill)
        for host in hosts:
            until_it_listens(host.address, port)
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


def tell_client(made: Fleet) -> None:
    kind, key, *_ = (made.folder / "host_key.pub").read_text().split()
    made.known.write_text("".join(f"[{host.address}]:{made.port} {kind} {key}\n" for host in made.hosts))
    made.config.write_text(CLIENT.format(folder=made.folder))


def free_port(addresses: list[str]) -> int:
    """Free on all of them."""
    for port in range(21022, 22000):
        try:
            for address in addresses:
                socket.create_server((address, port)).close()
        except OSError:
            continue
        return port
    raise SystemExit("no port is free on the loopback")


def until_it_listens(address: str, port: int) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection((address, port), 1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


def ran(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False, env={**os.environ, "PATH": PATH})
    if done.returncode:
        raise SystemExit(f"{' '.join(words)[:300]}: exit {done.returncode}\n{done.stderr}")
    return done.stdout
