"""A tunnel of the real command line."""

from __future__ import annotations

import json
import signal
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from support.shop import Shop


def document(lines: Any) -> Any:
    """The first JSON document of a stream that goes on."""
    text = ""
    for line in lines:
        text += line
        if line.startswith("}"):
            return json.loads(text)
    raise AssertionError(text)


@contextmanager
def tunnelled(shop: Shop, *words: str) -> Iterator[Any]:
    """What it says of itself. At the end it is interrupted, and leaves nothing that listens."""
    process = shop.begin("tunnel", *words, "--json")
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        found = document(process.stdout)
        yield found
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=30)
        assert (process.returncode, said) == (130, ("", ""))
        name, _, port = found["address"].partition(":")
        with socket.socket() as probe:
            assert probe.connect_ex((name, int(port))) != 0
    finally:
        process.kill()
        process.communicate()


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=20) as answer:
        return str(answer.read().decode())


def echoed(address: str, data: bytes) -> bytes:
    """What comes back for `data`, whose end is told while the answer still comes."""
    name, _, port = address.partition(":")
    with socket.create_connection((name, int(port)), 30) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        found = b""
        while piece := connection.recv(1 << 16):
            found += piece
    return found
