"""Standard input and output as a connection to a port of this host: for whoever may run commands here, but not have
connections forwarded, and for a port that is reached from one address only."""

import contextlib
import os
import socket
import sys
import threading
from typing import List

CANNOT_CONNECT = 1
PIECE = 1 << 16
PATIENCE = 10.0


def main(words: List[str]) -> int:
    """Arguments: address, port, and the address to come from, if that matters."""
    source = (words[2], 0) if words[2:] else None
    try:
        connection = socket.create_connection((words[0], int(words[1])), PATIENCE, source)
    except OSError as error:
        sys.stderr.write("%s\n" % (error.strerror or error))
        return CANNOT_CONNECT
    connection.settimeout(None)
    threading.Thread(target=_sent, args=(connection,), daemon=True).start()
    with contextlib.suppress(OSError):
        while True:
            data = connection.recv(PIECE)
            if not data:
                break
            _write(data)
    return 0


def _sent(connection: socket.socket) -> None:
    """What comes in, until its end, which is passed on."""
    with contextlib.suppress(OSError):
        while True:
            data = os.read(sys.stdin.fileno(), PIECE)
            if not data:
                break
            connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)


def _write(data: bytes) -> None:
    while data:
        data = data[os.write(sys.stdout.fileno(), data) :]
