"""Messages between the runner, the supervisor and the wardens: a length, then JSON, with descriptors beside."""

from __future__ import annotations

import json
import os
import socket
import struct
from collections.abc import Sequence
from typing import Any

_LENGTH = struct.Struct("!I")
_MOST_DESCRIPTORS = 8


def send(channel: socket.socket, message: Any, descriptors: Sequence[int] = ()) -> None:
    """Blocks until all of it is out. OSError when the other end is gone."""
    body = json.dumps(message).encode()
    data = memoryview(_LENGTH.pack(len(body)) + body)
    sent = socket.send_fds(channel, [data], list(descriptors)) if descriptors else channel.send(data)
    if sent < len(data):
        channel.sendall(data[sent:])


def receive(channel: socket.socket) -> tuple[Any, list[int]]:
    """One message and its descriptors, which the caller closes. EOFError when the other end is gone."""
    head, descriptors, _, _ = socket.recv_fds(channel, _LENGTH.size, _MOST_DESCRIPTORS, socket.MSG_CMSG_CLOEXEC)
    try:
        head += _exactly(channel, _LENGTH.size - len(head))
        body = _exactly(channel, _LENGTH.unpack(head)[0])
    except EOFError:
        for descriptor in descriptors:
            os.close(descriptor)
        raise
    return json.loads(body), descriptors


def _exactly(channel: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        try:
            part = channel.recv(min(size - len(data), 1 << 20))
        except ConnectionResetError:
            part = b""
        if not part:
            raise EOFError("the other end is gone")
        data += part
    return bytes(data)
