"""PostgreSQL: a cluster with one superuser, the app's, and one database."""

import socket
import struct
from typing import Dict, List

from ecluse.keeper.services.kind import HERE, Address, Kind, Shell, Task, program

PATIENCE = 2.0
PROTOCOL = 196608
"""Version 3.0 (protocol-message-formats in PostgreSQL's manual)."""


def prepare(programs: str, address: Address) -> List[Task]:
    """The password is set on standard input, where nobody sees it."""
    words = [
        *(program(programs, "initdb"), "-D", HERE, "-U", str(address["user"]), "-E", "UTF8", "--locale=C.UTF-8"),
        *("--no-instructions", "--auth=trust", *(["--no-sync"] if address["scratch"] else [])),
    ]
    single = [program(programs, "postgres"), "--single", "-D", HERE, "-c", "log_min_messages=error", "postgres"]
    said = (
        "ALTER ROLE \"%s\" PASSWORD '%s'" % (address["user"], address["password"]),
        'CREATE DATABASE "%s"' % address["name"],
    )
    return [Task(words), Task(single, "".join("%s\n" % line for line in said))]


def settle(address: Address) -> Dict[str, str]:
    """Whoever is handed the password must say it; without, everybody on this machine may come in."""
    method = "scram-sha-256" if address["asks"] else "trust"
    return {"pg_hba.conf": "host all all 127.0.0.1/32 %s\n" % method}


def serve(programs: str, address: Address) -> List[str]:
    settings = {
        "listen_addresses": address["host"],
        "port": address["port"],
        "unix_socket_directories": "",
        "log_destination": "stderr",
        "logging_collector": "off",
        "max_connections": 100,
        **({"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"} if address["scratch"] else {}),
    }
    words = [program(programs, "postgres"), "-D", HERE]
    return [*words, *(word for name, value in settings.items() for word in ("-c", "%s=%s" % (name, value)))]


def ready(address: Address) -> bool:
    """Asked for a connection it wants a password or none ('R'); while it recovers it refuses ('E')."""
    said = b"user\0%s\0database\0%s\0\0" % (str(address["user"]).encode(), str(address["name"]).encode())
    with socket.create_connection((address["host"], address["port"]), PATIENCE) as connection:
        connection.sendall(struct.pack("!ii", 8 + len(said), PROTOCOL) + said)
        return connection.recv(1024)[:1] == b"R"  # all of it: a rest that is thrown away would be logged as an error


def shell(programs: str, address: Address) -> Shell:
    told = {
        "PGHOST": str(address["host"]),
        "PGPORT": str(address["port"]),
        "PGUSER": str(address["user"]),
        "PGPASSWORD": str(address["password"]),
        "PGDATABASE": str(address["name"]),
    }
    return Shell([program(programs, "psql")], told)


POSTGRES = Kind("postgres", "app", "app", "INT", prepare, settle, serve, ready, shell)
