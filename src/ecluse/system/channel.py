"""The way to one warden, as an event loop listens to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ecluse.system import frames

if TYPE_CHECKING:
    import socket


class Channel:
    """Listened to from the first assignment in a loop on: to begin and to end that for each takes as long as all else
    that a short one needs."""

    def __init__(self, socket: socket.socket) -> None:
        self._socket = socket
        self._loop: asyncio.AbstractEventLoop | None = None
        self._hear: Callable[[], None] | None = None

    @property
    def is_ours(self) -> bool:
        """Whether the running loop may listen to it: no other one does."""
        return self._loop is None or self._loop.is_closed() or self._loop is asyncio.get_running_loop()

    def listen(self, hear: Callable[[], None]) -> None:
        """`hear` is called in the running loop whenever there is something to `receive`, until `rest`."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            loop.add_reader(self._socket.fileno(), self._heard)
            self._loop = loop
        self._hear = hear

    def rest(self) -> None:
        self._hear = None

    def send(self, message: Any, descriptors: Sequence[int] = ()) -> None:
        """OSError when the warden is gone."""
        frames.send(self._socket, message, descriptors)

    def receive(self) -> Any:
        """EOFError or OSError when the warden is gone."""
        return frames.receive(self._socket)[0]

    def close(self) -> None:
        """A warden whose channel closes ends what it runs, and itself."""
        self._be_deaf()
        self._socket.close()

    def _heard(self) -> None:
        if self._hear:
            self._hear()
        else:  # nobody waits for a word, so it is the end: whoever wants the next program run is told by `send`
            self._be_deaf()

    def _be_deaf(self) -> None:
        if self._loop and not self._loop.is_closed():
            self._loop.remove_reader(self._socket.fileno())
        self._loop = None
