"""Sockets in a folder of ours, however long its name is: 107 bytes are the limit of unix(7)."""

import contextlib
import os
import socket


def bind(path: str, kind: int = socket.SOCK_STREAM) -> socket.socket:
    """A listening socket at `path`; only its owner may connect."""
    folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    listener = socket.socket(socket.AF_UNIX, kind)
    before = os.umask(0o177)
    try:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        listener.bind("/proc/self/fd/%d/%s" % (folder, os.path.basename(path)))
        listener.listen(64)
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(before)
        os.close(folder)
    return listener


def connect(path: str, kind: int = socket.SOCK_STREAM) -> socket.socket:
    """A blocking connection to a socket at `path`. OSError when nobody listens there."""
    folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    connection = socket.socket(socket.AF_UNIX, kind)
    try:
        connection.connect("/proc/self/fd/%d/%s" % (folder, os.path.basename(path)))
    except OSError:
        connection.close()
        raise
    finally:
        os.close(folder)
    return connection
