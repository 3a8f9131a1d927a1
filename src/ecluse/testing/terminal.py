"""Standard streams in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ecluse.ports.terminal import Size


class HeardTerminal:
    """Fills Terminal. `given` is piped to it, in one piece; `heard` and `complained` are what was written."""

    kind = "dumb"

    def __init__(self, given: bytes = b"", *, is_interactive: bool = False) -> None:
        self.is_interactive = is_interactive
        self.heard = b""
        self.complained = b""
        self._given = given

    def size(self) -> Size:
        return Size(columns=80, rows=24)

    async def read(self) -> bytes:
        given, self._given = self._given, b""
        return given

    async def write(self, data: bytes, *, errors: bool = False) -> None:
        if errors:
            self.complained += data
        else:
            self.heard += data

    @contextmanager
    def raw(self, resized: Callable[[Size], None]) -> Iterator[None]:
        resized(self.size())
        yield
