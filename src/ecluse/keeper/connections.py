"""Who has which TCP connection, read from /proc (proc(5)): no privileges, own processes only."""

import contextlib
import os
import socket
import sys
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Set

ESTABLISHED = 0x01
CLOSE_WAIT = 0x08
LISTEN = 0x0A
OPEN = (ESTABLISHED, CLOSE_WAIT)
"""A connection whose client has closed its side may still wait for its answer."""


class Listener(NamedTuple):
    address: str
    port: int
    inode: int


class Row(NamedTuple):
    port: int
    state: int
    inode: int


def rows(port: int) -> Iterator[Row]:
    """Those of a local port; the others, perhaps tens of thousands that wait for their end, are not even split."""
    local = ":%04X " % port
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table, encoding="ascii") as file:
                next(file, None)
                for line in file:
                    row = _row(line.split(None, 10)) if local in line else None
                    if row and row.port == port:
                        yield row
        except OSError:
            continue


def _row(words: List[str]) -> Row:
    return Row(int(words[1].rpartition(":")[2], 16), int(words[3], 16), int(words[9]))


def listeners() -> Iterator[Listener]:
    """All listening sockets of this host."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError), open(table, encoding="ascii") as file:
            next(file, None)
            for line in file:
                words = line.split(None, 10)
                if int(words[3], 16) == LISTEN:
                    row = _row(words)
                    yield Listener(_address(words[1].rpartition(":")[0]), row.port, row.inode)


def _address(text: str) -> str:
    """Words of 32 bits, each as this machine orders its bytes."""
    data = bytes.fromhex(text)
    words = [int.from_bytes(data[at : at + 4], "big").to_bytes(4, sys.byteorder) for at in range(0, len(data), 4)]
    return socket.inet_ntop(socket.AF_INET if len(words) == 1 else socket.AF_INET6, b"".join(words))


def sockets_of(pid: int) -> Set[int]:
    """Inodes of the sockets that a process has; empty when it is gone or not ours."""
    folder = "/proc/%d/fd" % pid
    found: Set[int] = set()
    try:
        names = os.listdir(folder)
    except OSError:
        return found
    for name in names:
        try:
            target = os.readlink("%s/%s" % (folder, name))
        except OSError:
            continue
        if target.startswith("socket:["):
            found.add(int(target[8:-1]))
    return found


def count_open(port: int, pids: Iterable[int]) -> int:
    """Connections to `port` that these processes have accepted and not closed."""
    wanted = {row.inode for row in rows(port) if row.state in OPEN}
    owned: Set[int] = set()
    if wanted:
        for pid in pids:
            owned |= wanted & sockets_of(pid)
    return len(owned)


def listening_on(port: int) -> List[Dict[str, Any]]:
    """`{"pid", "command", "environment"}` of each process that listens on `port` and may be seen by us, by pid.

    `environment` is the folder of the environment of ours that the process belongs to, empty for a stranger.
    """
    inodes = {row.inode for row in rows(port) if row.state == LISTEN}
    pids = sorted(int(name) for name in os.listdir("/proc") if name.isdigit()) if inodes else []
    return [_listener(pid) for pid in pids if inodes & sockets_of(pid)]


def _listener(pid: int) -> Dict[str, Any]:
    words = _words(pid, "cmdline")
    return {"pid": pid, "command": " ".join(words).strip(), "environment": _environment(words, _words(pid, "environ"))}


def _environment(command: List[str], variables: List[str]) -> str:
    """A process of a release is told where the state lies; a keeper, a holder and a relay, where the environment is."""
    for variable in variables:
        if variable.startswith("ECLUSE_STATE="):
            return os.path.dirname(variable.partition("=")[2])
    if "--home" in command[:-1] and any("keeper" in word for word in command):
        return command[command.index("--home") + 1]
    return ""


def _words(pid: int, name: str) -> List[str]:
    try:
        with open("/proc/%d/%s" % (pid, name), "rb") as file:
            return file.read().decode("utf-8", "replace").split("\0")
    except OSError:
        return []
