"""The caller's streams around a command that runs elsewhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

from ecluse.model.redaction import Mask
from ecluse.ports.terminal import Size, Terminal

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

PIECE = 1 << 16
UNREAD = 128 + 13
"""The exit code when nobody reads the output any more: as if SIGPIPE had ended the command."""


async def pour(read: Callable[[int], Awaitable[bytes]], terminal: Terminal, *, errors: bool = False) -> None:
    """What is read there, written here, until it ends."""
    while piece := await read(PIECE):
        await terminal.write(piece, errors=errors)


class Masking:
    """A Terminal in whose output no secret is seen: what is piped ends in files, and in the logs of others."""

    def __init__(self, terminal: Terminal, secrets: Iterable[str]) -> None:
        hidden = tuple(secrets)
        self._terminal = terminal
        self._masks = {errors: Mask(hidden) for errors in (False, True)}

    @property
    def is_interactive(self) -> bool:
        return self._terminal.is_interactive

    @property
    def kind(self) -> str:
        return self._terminal.kind

    def size(self) -> Size:
        return self._terminal.size()

    async def read(self) -> bytes:
        return await self._terminal.read()

    async def write(self, data: bytes, *, errors: bool = False) -> None:
        await self._terminal.write(self._masks[errors].feed(data), errors=errors)

    async def finish(self) -> None:
        """Write what was held back, because a secret could have begun there."""
        for errors, mask in self._masks.items():
            await self._terminal.write(mask.rest(), errors=errors)

    def raw(self, resized: Callable[[Size], None]) -> AbstractContextManager[None]:
        return self._terminal.raw(resized)
