"""Sending files to a keeper's content store, in pieces. What came of one before a break isn't sent again."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from ecluse.model.ids import Digest
from ecluse.model.problem import ProblemError
from ecluse.ports.target import Sent
from ecluse.providers.keeper.problems import problem
from ecluse.providers.keeper.reach import Order
from ecluse.wire.codes import BAD_ORDER, STAGING_FAILED, OrderError

PIECE = 1 << 17
AT_ONCE = 4
"""Pieces under way to one host. Few and small, because orders go the same way: a renewal of the lease that had to wait
behind megabytes would come too late."""
BACK = 3
"""Times that we go back in one file to what the host says it has, before we say that it keeps nothing."""


async def send(files: Mapping[Digest, Path], order: Order) -> Sent:
    """All of them, a few at once. K030 before anything is sent when there is no room for them.

    The first Problem is raised when all have ended. What was sent is counted as it travels, each piece once.
    """
    few = asyncio.Semaphore(AT_ONCE)
    sizes = await asyncio.to_thread(lambda: {digest: path.stat().st_size for digest, path in files.items()})
    held = await _held(sizes, order) if files else {}

    async def one(digest: Digest, path: Path) -> int:
        async with few:
            return await _send(digest, path, held.get(digest, 0), order)

    sent, results = 0, await asyncio.gather(*(one(*file) for file in files.items()), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
        sent += result
    return Sent(size=sent, of=sum(sizes.values()))


async def _held(sizes: Mapping[Digest, int], order: Order) -> Mapping[str, int]:
    """How much of each file is there."""
    try:
        held: Mapping[str, int] = (await order("expect", {"sizes": sizes}, b""))["held"]
    except ProblemError as error:
        if error.problems[0].code != BAD_ORDER:  # an older keeper can't say
            raise
        return {}
    return held


async def _send(digest: Digest, path: Path, held: int, order: Order) -> int:
    with await asyncio.to_thread(path.open, "rb") as file:
        try:
            return await _rest(digest, file, held, order)
        except ProblemError as error:
            if not held or error.problems[0].code != STAGING_FAILED:
                raise
            # What was there from before was not its beginning, and is thrown away.
            return await _rest(digest, file, 0, order)


async def _rest(digest: Digest, file: IO[bytes], offset: int, order: Order) -> int:
    """From the offset on; the bytes that it took. The host says after each piece from where to go on: others may send
    it the same file."""
    back = sent = 0
    while True:
        file.seek(offset)
        piece = file.read(PIECE)
        here, is_last = offset + len(piece), len(piece) < PIECE
        args = {"digest": digest, "offset": offset, "last": is_last, "packed": True}
        packed = await asyncio.to_thread(zlib.compress, piece, 1)
        answer = await order("put", args, packed)
        sent += len(packed)
        if answer.get("whole", is_last):  # an older keeper says nothing
            return sent
        offset = answer.get("size", here)
        back += offset < here
        if back > BACK:
            raise problem(OrderError(STAGING_FAILED, "what is sent doesn't stay on the host", {"digest": digest}))
