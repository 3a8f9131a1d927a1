"""RabbitMQ, without the port mapper of Erlang that would be shared by everybody on the machine."""

import json
import socket
from typing import Any, Dict, List

from ecluse.keeper.services.kind import HERE, Address, Kind, Shell, Task, program

PATIENCE = 2.0
GREETING = b"AMQP\x00\x00\x09\x01"
"""AMQP 0-9-1, section 4.2.2."""
DEFINITIONS = "definitions.json"
EVERYTHING = {"configure": ".*", "write": ".*", "read": ".*"}


def prepare(_programs: str, _address: Address) -> List[Task]:
    return []


def settle(address: Address) -> Dict[str, str]:
    """The default user is only made where there are no data yet; what is defined is set at each start, so that its
    password may change (rabbitmq.com, "Definition Export and Import")."""
    settings = {
        "listeners.tcp.1": "%s:%s" % (address["host"], address["port"]),
        "default_user": address["user"],
        "default_pass": password(address),
        "default_vhost": address["name"],
        "load_definitions": "%s/%s" % (HERE, DEFINITIONS),
        "log.console": "true",
        "log.file": "false",
    }
    return {
        "rabbitmq.conf": "".join("%s = %s\n" % setting for setting in settings.items()),
        DEFINITIONS: json.dumps(definitions(address)),
        "enabled_plugins": "[].\n",
        "rabbitmq-env.conf": "",
    }


def definitions(address: Address) -> Dict[str, Any]:
    user, host = address["user"], address["name"]
    return {
        "users": [{"name": user, "password": password(address), "tags": "administrator"}],
        "vhosts": [{"name": host}],
        "permissions": [{"user": user, "vhost": host, **EVERYTHING}],
    }


def password(address: Address) -> str:
    """Without one that is handed over the user's name, for it knows no user without a password."""
    return str(address["password"] if address["asks"] else address["user"])


def serve(programs: str, address: Address) -> List[str]:
    """Its settings are variables, so `env` sets them. No distribution: nobody but this node asks for it."""
    told = {
        "HOME": HERE,
        "RABBITMQ_CONF_ENV_FILE": HERE + "/rabbitmq-env.conf",
        "RABBITMQ_CONFIG_FILE": HERE + "/rabbitmq.conf",
        "RABBITMQ_ENABLED_PLUGINS_FILE": HERE + "/enabled_plugins",
        "RABBITMQ_MNESIA_BASE": HERE + "/mnesia",
        "RABBITMQ_LOG_BASE": HERE + "/log",
        "RABBITMQ_PID_FILE": HERE + "/rabbit.pid",
        "RABBITMQ_NODENAME": "ecluse%s@localhost" % address["port"],
        "RABBITMQ_DIST_PORT": str(address["spare"]),
        "ERL_EPMD_PORT": str(address["spare"] + 1),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
    }
    return ["/usr/bin/env", *("%s=%s" % pair for pair in told.items()), program(programs, "rabbitmq-server")]


def ready(address: Address) -> bool:
    """It answers the greeting with a method frame (type 1)."""
    with socket.create_connection((address["host"], address["port"]), PATIENCE) as connection:
        connection.sendall(GREETING)
        return connection.recv(1) == b"\x01"


def shell(programs: str, address: Address) -> Shell:
    words = [program(programs, "rabbitmqctl"), "--node", "ecluse%s@localhost" % address["port"], "status"]
    return Shell(words, {"ERL_EPMD_PORT": str(address["spare"] + 1)})


RABBITMQ = Kind("rabbitmq", "app", "/", "TERM", prepare, settle, serve, ready, shell)
