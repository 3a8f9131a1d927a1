"""Files handed to a real keeper, as a client sends them."""

import hashlib
import struct

from support.keeper_host import RefusedError


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def put(orders, data, *, claimed="", size=7):
    """In pieces, as a client sends them."""
    for at in range(0, len(data), size):
        orders.send("put", digest=claimed or digest(data), offset=at, last=at + size >= len(data))
        piece = data[at : at + size]
        orders._socket.sendall(struct.pack(">I", len(piece)) + piece)
        answer = orders.receive()
        if not answer["ok"]:
            raise RefusedError(answer)
