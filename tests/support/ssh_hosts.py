"""Hosts with a real sshd, each in a network and mount namespace of its own: address, home, /run and /tmp, an ordinary
user. Processes are seen by all, so that a test can look at them."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

USER = "deploy"
CONFIG = """\
Port 22
ListenAddress {address}
HostKey /home/.sshd/host_key
AuthorizedKeysFile .ssh/authorized_keys
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
MaxStartups 200
MaxSessions 200
"""
CLIENT = """\
Host {name}
    HostName {address}
    User {user}
    IdentityFile {key}
    IdentitiesOnly yes
    UserKnownHostsFile {known}
    HostKeyAlias {name}

"""
NEEDED = ("ip", "unshare", "nsenter", "sshd", "ssh-keygen", "mount")
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def required() -> None:
    """Skips where hosts can't be made."""
    lacking = [name for name in NEEDED if shutil.which(name, path=PATH) is None]
    if lacking or os.geteuid():
        pytest.skip(f"hosts in namespaces need root and {', '.join(lacking or NEEDED)}")


def ran(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False, env={**os.environ, "PATH": PATH})
    assert done.returncode == 0, f"{words}: {done.stderr}"
    return done.stdout


@dataclass
class Host:
    """`name` is what the client's configuration calls it. `uid`: each host's user has a number of its own, because all
    see all processes, and homes have one name: a keeper ends what it takes for a left-over of its own."""

    name: str
    address: str
    folder: Path
    link: str
    uid: int
    holder: subprocess.Popen[bytes]
    sshd: subprocess.Popen[bytes] | None = None

    def inside(self, *words: str, user: bool = True) -> list[str]:
        """The words that run there, as the user or as root."""
        become = ("setpriv", f"--reuid={self.uid}", f"--regid={self.uid}", "--clear-groups") if user else ()
        home = ("env", f"HOME=/home/{USER}", f"USER={USER}", "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
        return ["nsenter", "-t", str(self.holder.pid), "-n", "-m", "-w", "--", *become, *home, *words]

    def run(self, *words: str, user: bool = True) -> str:
        return ran(*self.inside(*words, user=user))

    def serve(self) -> None:
        """Start its sshd and wait until it answers."""
        words = self.inside(
            shutil.which("sshd", path=PATH) or "sshd", "-D", "-e", "-f", "/home/.sshd/config", user=False
        )
        with (self.folder / "sshd.log").open("ab") as log:
            self.sshd = subprocess.Popen(words, stderr=log)
        until = time.monotonic() + 10
        while True:
            try:
                socket.create_connection((self.address, 22), 1).close()
                return
            except OSError:
                assert time.monotonic() < until, (self.folder / "sshd.log").read_text()
                time.sleep(0.02)

    def pids(self) -> list[int]:
        """Everything that runs there, but for what holds the namespaces."""
        own = Path(f"/proc/{self.holder.pid}/ns/net").readlink()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if (folder / "ns" / "net").readlink() == own and int(folder.name) != self.holder.pid:
                    found.append(int(folder.name))
        return found

    @property
    def server(self) -> int:
        """The pid of the sshd that accepts."""
        assert self.sshd is not None
        return self.sshd.pid

    @property
    def received(self) -> int:
        """Bytes that went to it since it was made."""
        return int(Path(f"/sys/class/net/{self.link}/statistics/tx_bytes").read_text())

    def cut(self) -> None:
        """The network cable is out."""
        ran("ip", "link", "set", self.link, "down")

    def mend(self) -> None:
        ran("ip", "link", "set", self.link, "up")

    def end(self) -> None:
        for _ in range(20):
            for pid in self.pids():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if not self.pids():
                break
            time.sleep(0.05)
        if self.sshd:
            self.sshd.wait()
        self.holder.kill()
        self.holder.wait()


@dataclass
class Hosts:
    """`config` is the client's configuration; it knows all of them by name."""

    folder: Path
    config: Path
    known: Path
    key: Path
    each: dict[str, Host] = field(default_factory=dict)

    def trust(self, name: str) -> None:
        """Know the host's key, as after a first connection."""
        kind, key, *_ = (self.each[name].folder / "host_key.pub").read_text().split()
        with self.known.open("a") as file:
            file.write(f"{name} {kind} {key}\n")


@contextmanager
def made(folder: Path, *names: str, disk: str = "600m") -> Iterator[Hosts]:
    """The hosts, up and trusted; afterwards nothing of them is left."""
    folder.mkdir(parents=True, exist_ok=True)
    hosts = Hosts(folder, folder / "ssh_config", folder / "known_hosts", folder / "key")
    _key(hosts.key)
    hosts.known.touch()
    network = _free_network()
    try:
        for number, name in enumerate(names):
            host = _made(hosts, name, network, number, disk)
            hosts.each[name] = host
            host.serve()
            hosts.trust(name)
            with hosts.config.open("a") as file:
                file.write(CLIENT.format(name=name, address=host.address, user=USER, key=hosts.key, known=hosts.known))
        yield hosts
    finally:
        for host in hosts.each.values():
            host.end()


def _free_network() -> int:
    """The second number of addresses that no other hosts on this machine have."""
    taken = ran("ip", "-o", "address")
    return secrets.choice([number for number in range(20, 220) if f" 10.{number}." not in taken])


def _made(hosts: Hosts, name: str, network: int, number: int, disk: str) -> Host:
    folder = hosts.folder / name
    folder.mkdir()
    _key(folder / "host_key")
    holder = subprocess.Popen(["unshare", "--net", "--mount", "--propagation", "private", "sleep", "infinity"])
    link = f"e{network}-{number}-{os.getpid() % 10000}"
    uid = 100_000 + secrets.randbelow(800_000)
    host = Host(name, f"10.{network}.{number}.2", folder, link, uid, holder)
    try:
        _wait_for_namespaces(holder.pid)
        ran("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", str(holder.pid))
        ran("ip", "address", "add", f"10.{network}.{number}.1/30", "dev", link)
        ran("ip", "link", "set", link, "up")
        (folder / "passwd").write_text(
            f"root:x:0:0:root:/root:/bin/sh\nsshd:x:105:65534::/run/sshd:/usr/sbin/nologin\n"
            f"{USER}:x:{uid}:{uid}::/home/{USER}:/bin/sh\n"
        )
        (folder / "config").write_text(CONFIG.format(address=host.address))
        (folder / "shadow").write_text(f"root:*:19000:0:99999:7:::\n{USER}:*:19000:0:99999:7:::\n")
        (folder / "group").write_text(f"root:x:0:\n{USER}:x:{uid}:\n")
        script = (
            f"ip address add {host.address}/30 dev eth0 && ip link set eth0 up && ip link set lo up\n"
            f"for f in passwd shadow group; do mount --bind {folder}/$f /etc/$f; done\n"
            f"mount -t tmpfs -o size={disk},mode=755 tmpfs /home && mount -t tmpfs -o size=64m tmpfs /run\n"
            f"mount -t tmpfs -o size=1m tmpfs /var/spool/cron && mkdir -m 1777 /var/spool/cron/crontabs\n"
            f"mkdir -p /run/sshd /home/{USER}/.ssh && cp {hosts.key}.pub /home/{USER}/.ssh/authorized_keys\n"
            f"mkdir -m 700 /home/.sshd && cp {folder}/host_key {folder}/config /home/.sshd\n"
            f"chown -R {uid}:{uid} /home/{USER} && mount -t tmpfs -o size=64m,mode=1777 tmpfs /tmp\n"
        )
        host.run("sh", "-euc", script, user=False)
    except BaseException:
        host.end()
        raise
    return host


def _wait_for_namespaces(pid: int) -> None:
    """`unshare` has made them when it has become `sleep`."""
    until = time.monotonic() + 10
    while "sleep" not in Path(f"/proc/{pid}/comm").read_text():
        assert time.monotonic() < until
        time.sleep(0.005)


def _key(path: Path) -> None:
    ran("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path))
