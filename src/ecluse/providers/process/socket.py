"""A keeper's socket on this machine."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

from ecluse.providers.keeper.connection import ANSWER, Connection, LostError, SilentError


async def connect(path: Path, patience: float = ANSWER) -> Connection:
    """LostError when nobody listens at `path`."""
    try:
        reader, writer = await asyncio.open_unix_connection(sock=_connected(path, patience))
    except TimeoutError as error:
        raise SilentError("it takes no connection") from error
    except OSError as error:
        raise LostError(error.strerror or str(error)) from error
    return Connection(reader, SocketOutlet(writer), patience)


class SocketOutlet:
    """A stream's writer as a Connection wants it."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.write, self.close, self.wait_closed = writer.write, writer.close, writer.wait_closed
        self.abort = writer.transport.abort


def _connected(path: Path, patience: float) -> socket.socket:
    """By way of its folder's descriptor: a socket's name has at most 107 bytes (unix(7))."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(patience)
    try:
        connection.connect(f"/proc/self/fd/{folder}/{path.name}")
    except OSError:
        connection.close()
        raise
    finally:
        os.close(folder)
    connection.setblocking(False)
    return connection
