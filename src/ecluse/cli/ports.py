"""Ports for a manifest."""

from __future__ import annotations

import socket
from pathlib import Path

from ecluse import assembly
from ecluse.model.problem import Problem, ProblemError

FIRST_PORT = 8000
LAST_PORT = 8999


def kept_port(root: Path) -> int | None:
    """The port of the manifest that is replaced: the app may be serving there now."""
    try:
        local = assembly.declared(root).environment("local")
    except ProblemError:
        return None
    return local.port if local else None


def free_port(first: int = FIRST_PORT, last: int = LAST_PORT, taken: frozenset[int] = frozenset()) -> int:
    """The first port from `first` to `last` on which nobody listens now and that isn't `taken`."""
    for port in range(first, last + 1):
        if port in taken:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise ProblemError(
        Problem(code="I004", what=f"no port from {first} to {last} is free", fix="end what listens there")
    )
