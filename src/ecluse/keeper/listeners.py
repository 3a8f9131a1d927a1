"""The two listening sockets on the public port, one for each slot."""

import errno
import os
import socket
import struct
from typing import Any, Dict, Mapping, Sequence

from ecluse.keeper import connections
from ecluse.keeper.routing import SLOTS
from ecluse.wire import codes

BACKLOG = 4096
COMMAND_SHOWN = 100
_UNACKED_AT = 24
"""`tcpi_unacked`: on a listening socket the length of its accept queue (include/net/inet_diag, tcp_info(7))."""

Pair = Dict[str, socket.socket]


def open_pair(address: str, port: int) -> Pair:
    """Bound in the order blue, green, listening. OrderError K020 names whoever has the port."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        _refuse_taken(family, address, port)
        return {slot: _listen(family, address, port, shared=True) for slot in SLOTS}
    except OSError as error:
        raise _problem(address, port, error) from error


def open_behind(address: str, port: int) -> Pair:
    """One public socket (`front`) for a relay, and one on a port of its own for each slot."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        pair = {"front": _listen(family, address, port)}
    except OSError as error:
        raise _problem(address, port, error) from error
    return {**pair, **{slot: _listen(socket.AF_INET, "127.0.0.1", 0) for slot in SLOTS}}


def require(address: str, port: int) -> None:
    """The OrderError that opening a pair would end with now; nothing stays open."""
    try:
        _refuse_taken(socket.AF_INET6 if ":" in address else socket.AF_INET, address, port)
    except OSError as error:
        raise _problem(address, port, error) from error


def _refuse_taken(family: int, address: str, port: int) -> None:
    """SO_REUSEPORT would let us join a group of our user's on that port: ask without it first."""
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        probe.bind((address, port))
        probe.listen(1)


def _listen(family: int, address: str, port: int, *, shared: bool = False) -> socket.socket:
    """TCP_NODELAY is inherited by accepted connections; servers given a descriptor don't all set it themselves."""
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((address, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _problem(address: str, port: int, error: OSError) -> codes.OrderError:
    if error.errno == errno.EADDRINUSE:
        holders = connections.listening_on(port)
        return codes.OrderError(
            codes.PORT_TAKEN,
            "port %d is taken by %s" % (port, _named(holders)),
            {"listens": [{"pid": "pid %d:" % one["pid"], "command": _short(one["command"])} for one in holders[:1]]},
        )
    code = codes.PORT_FORBIDDEN if error.errno == errno.EACCES else codes.PORT_TAKEN
    return codes.OrderError(code, "can't listen on %s port %d: %s" % (address, port, error.strerror), {"port": port})


def _named(holders: Sequence[Mapping[str, Any]]) -> str:
    """The first one stands for all: workers share the socket of the process that made it."""
    if not holders:
        return "a process of another user"
    first = holders[0]
    if first["environment"]:
        return "another environment of Écluse, %s" % first["environment"]
    more = " and %d more" % (len(holders) - 1) if len(holders) > 1 else ""
    return "pid %d%s (%s)" % (first["pid"], more, _short(first["command"]))


def _short(command: str) -> str:
    return command if len(command) <= COMMAND_SHOWN else command[: COMMAND_SHOWN - 1] + "…"


def adopt_pair(descriptors: Mapping[str, int]) -> Pair:
    """The sockets from descriptors that came from elsewhere; ValueError when they are not those of an environment."""
    pair = {name: socket.socket(fileno=descriptor) for name, descriptor in descriptors.items()}
    if not _belong_together(pair):
        for listener in pair.values():
            listener.close()
        raise ValueError("not the sockets of an environment: %s" % sorted(descriptors))
    return pair


def _belong_together(pair: Pair) -> bool:
    """Listening, all different, and of one address unless a relay stands in front of them."""
    listening = all(one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) for one in pair.values())
    different = len({inode(one) for one in pair.values()}) == len(pair)
    names = {one.getsockname() for one in pair.values()}
    return listening and different and ("front" in pair or len(names) == 1)


def inode(listener: socket.socket) -> int:
    return os.fstat(listener.fileno()).st_ino


def queued(listener: socket.socket) -> int:
    """Connections that nobody has accepted yet."""
    info = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _UNACKED_AT + 4)
    return int(struct.unpack_from("I", info, _UNACKED_AT)[0])
