"""MariaDB or MySQL: one user, one database. What makes them runs at each start, and does nothing the second time."""

import socket
from typing import Dict, List

from ecluse.keeper.services.kind import HERE, Address, Kind, Shell, Task, program

PATIENCE = 2.0
FIRST = "first.sql"
HANDSHAKE = 0x0A
"""Version 10, the only one that is spoken (mysql protocol::HandshakeV10)."""
SERVERS = ("mariadbd", "mysqld")


def prepare(programs: str, _address: Address) -> List[Task]:
    install = program(programs, "mariadb-install-db", "mysql_install_db")
    if program(programs, *SERVERS).endswith("mariadbd"):
        return [
            Task([install, "--no-defaults", "--datadir=" + HERE, "--skip-test-db", "--auth-root-socket-user=nobody"])
        ]
    return [Task([program(programs, "mysqld"), "--no-defaults", "--datadir=" + HERE, "--initialize-insecure"])]


def settle(address: Address) -> Dict[str, str]:
    password = address["password"] if address["asks"] else ""
    who = "'%s'@'127.0.0.1'" % address["user"]
    lines = (
        "CREATE DATABASE IF NOT EXISTS `%s` CHARACTER SET utf8mb4" % address["name"],
        "CREATE USER IF NOT EXISTS %s IDENTIFIED BY '%s'" % (who, password),
        "ALTER USER %s IDENTIFIED BY '%s'" % (who, password),
        "GRANT ALL ON *.* TO %s WITH GRANT OPTION" % who,
    )
    return {FIRST: "".join("%s;\n" % line for line in lines)}


def serve(programs: str, address: Address) -> List[str]:
    return [
        *(program(programs, *SERVERS), "--no-defaults", "--datadir=" + HERE, "--init-file=%s/%s" % (HERE, FIRST)),
        *("--bind-address=%s" % address["host"], "--port=%s" % address["port"], "--skip-name-resolve"),
        *("--socket=%s/mysql.sock" % HERE, "--pid-file=%s/mysql.pid" % HERE),
        *(["--innodb-flush-log-at-trx-commit=0"] if address["scratch"] else []),
    ]


def ready(address: Address) -> bool:
    """It greets first; an error in place of the greeting begins otherwise."""
    with socket.create_connection((address["host"], address["port"]), PATIENCE) as connection:
        return connection.recv(5)[4:5] == bytes([HANDSHAKE])


def shell(programs: str, address: Address) -> Shell:
    words = [
        *(program(programs, "mariadb", "mysql"), "--host=%s" % address["host"], "--port=%s" % address["port"]),
        *("--protocol=tcp", "--user=%s" % address["user"], str(address["name"])),
    ]
    return Shell(words, {"MYSQL_PWD": str(address["password"])} if address["asks"] else {})


MYSQL = Kind("mysql", "app", "app", "TERM", prepare, settle, serve, ready, shell, follows_links=True)
