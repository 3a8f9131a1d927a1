"""Whether a host's name is answered at all.

A look-up can't be interrupted: its thread would hold up the end of the program for as long as a name server is silent,
which is longer than any budget. So it is done once beforehand, in a thread that nobody waits for.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

Resolve = Callable[[str, int], Any]


def look_up(host: str, port: int) -> object:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


async def await_answer(host: str, port: int, resolve: Resolve = look_up) -> None:
    """Returns when the name was looked up, with or without success: whoever connects says what was wrong."""
    loop = asyncio.get_running_loop()
    answered = loop.create_future()

    def tell() -> None:
        if not answered.done():
            answered.set_result(None)

    def ask() -> None:
        with suppress(OSError, UnicodeError):
            resolve(host, port)
        with suppress(RuntimeError):  # nobody waits any more: the loop is closed
            loop.call_soon_threadsafe(tell)

    threading.Thread(target=ask, name="look-up", daemon=True).start()
    await answered
