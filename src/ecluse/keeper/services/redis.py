"""Redis, or Valkey, which speaks the same. It keeps its data in an append-only file."""

import socket
from typing import Dict, List

from ecluse.keeper.services.kind import HERE, Address, Kind, Shell, Task, program

PATIENCE = 2.0
SETTINGS = "service.conf"
SERVERS = ("redis-server", "valkey-server")


def prepare(_programs: str, _address: Address) -> List[Task]:
    return []


def settle(address: Address) -> Dict[str, str]:
    """In a file, because whoever looks at the processes sees a password among their words."""
    settings = {
        "bind": address["host"],
        "port": address["port"],
        "dir": HERE,
        "daemonize": "no",
        "appendonly": "no" if address["scratch"] else "yes",
        "save": '""' if address["scratch"] else "900 1",
        **({"requirepass": address["password"]} if address["asks"] else {}),
    }
    return {SETTINGS: "".join("%s %s\n" % setting for setting in settings.items())}


def serve(programs: str, _address: Address) -> List[str]:
    return [program(programs, *SERVERS), "%s/%s" % (HERE, SETTINGS)]


def ready(address: Address) -> bool:
    """`-LOADING` while it reads its data."""
    with socket.create_connection((address["host"], address["port"]), PATIENCE) as connection:
        connection.sendall(b"PING\r\n")
        return connection.recv(64).startswith((b"+PONG", b"-NOAUTH"))


def shell(programs: str, address: Address) -> Shell:
    words = [program(programs, "redis-cli", "valkey-cli"), "-h", str(address["host"]), "-p", str(address["port"])]
    return Shell(words, {"REDISCLI_AUTH": str(address["password"])} if address["asks"] else {})


REDIS = Kind("redis", "", "0", "TERM", prepare, settle, serve, ready, shell)
