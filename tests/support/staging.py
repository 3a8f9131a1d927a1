"""Files handed to a real keeper, as a client sends them."""

import hashlib
import struct

from support.keeper_host import RefusedError


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def put(orders, data, *, claimed="", size=7):
    """In pieces, as a client sends them."""
    for at in range(0, len(data), size):
        put_piece(orders, claimed or digest(data), data[at : at + size], at=at, last=at + size >= len(data))


def put_piece(orders, name, piece, *, at, last):
    """What the keeper answers."""
    orders.send("put", digest=name, offset=at, last=last)
    orders._socket.sendall(struct.pack(">I", len(piece)) + piece)
    answer = orders.receive()
    if not answer["ok"]:
        raise RefusedError(answer)
    return answer["result"]
