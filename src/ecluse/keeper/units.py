"""What has to run in a slot, from what the manifest says of its processes."""

import random
import socket
from typing import Any, Dict, List, NamedTuple

from ecluse.keeper import environment


class Unit(NamedTuple):
    """One process to run: its unique name, what the manifest says, the port it shall listen on (0: a descriptor)."""

    name: str
    process: Dict[str, Any]
    port: int = 0
    relay: bool = False

    @property
    def has_sockets(self) -> bool:
        return self.relay or (bool(self.process["web"]) and not self.port)


def units(running: environment.Running, ports: Dict[str, int]) -> List[Unit]:
    """What runs in a slot. The launcher starts its workers itself; everything else is started `count` times."""
    found: List[Unit] = []
    for process in running["processes"]:
        if not process.get("enabled", True):
            continue
        own = [Unit(name, process, ports.get(name, 0)) for name in names(process)]
        found += own
        if any(unit.port for unit in own):
            found.append(Unit(process["name"] + ".relay", process, relay=True))
    return found


def has_web(running: environment.Running) -> bool:
    """Whether anything of the release gets traffic: without that no port is taken."""
    return any(process["web"] and process.get("enabled", True) for process in running["processes"])


def names(process: Dict[str, Any]) -> List[str]:
    count = 1 if process["interface"] != "command" else int(process.get("count") or 1)
    return [process["name"]] if count == 1 else ["%s.%d" % (process["name"], number + 1) for number in range(count)]


def choose_ports(running: environment.Running) -> Dict[str, int]:
    """A free port for each process that only knows `$PORT`."""
    wanted = [
        name
        for process in running["processes"]
        if process["web"] and process.get("listen") == "port" and process.get("enabled", True)
        for name in names(process)
    ]
    return dict(zip(wanted, free_ports(len(wanted))))


def free_ports(count: int) -> List[int]:
    """Ports that nobody listens on, below those that the system gives to outgoing connections (ip(7)): one of these
    could be in use as soon as we look away."""
    first = int(_read("/proc/sys/net/ipv4/ip_local_port_range").split()[0] or 32768)
    candidates = iter(random.sample(range(max(1024, first // 2), first), first // 4))
    return [next(port for port in candidates if is_free(port)) for _ in range(count)]


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _read(path: str) -> str:
    with open(path, encoding="ascii") as file:
        return file.read()
