"""A file put on a host: one remote command says what is there, takes the content, and puts it in its place."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress

from ecluse.ports.hosts import Sent
from ecluse.providers.ssh.channel import Process
from ecluse.providers.ssh.problems import not_placed
from ecluse.providers.ssh.session import Session
from ecluse.providers.ssh.words import FOUND, place

PIECE = 1 << 18
LACKING = frozenset({"other", "none"})


async def placed(
    session: Session, file: Sent, seconds: float, transfers: asyncio.Semaphore, *, apply: bool
) -> tuple[str, int]:
    """What was found, and how many bytes were sent. TimeoutError: it took longer than `seconds` to look, to send, or to
    put it in its place; waiting for its turn to send is no part of that."""

    async def talk(process: Process) -> tuple[str, int]:
        async with asyncio.timeout(seconds):
            found = await _found(process)
            if not apply or found not in LACKING:
                await _ended(process)
                return found, 0
        async with transfers, asyncio.timeout(seconds):
            await _give(process, file)
        async with asyncio.timeout(seconds):
            await _ended(process)
        return found, file.size

    async def _ended(process: Process) -> None:
        said = await process.stderr.read()
        await process.wait_closed()
        if process.exit_status != 0:
            raise not_placed(session.address, file.path, process.exit_status or 0, said.decode(errors="replace"))

    return await session.dialogue(place(file, secrets.token_hex(6) if apply else ""), talk)


async def _found(process: Process) -> str:
    """What the command says; empty if it ended before."""
    while line := await process.stdout.readline():
        if line.startswith(FOUND):
            return line.removeprefix(FOUND).decode(errors="replace").strip()
    return ""


async def _give(process: Process, file: Sent) -> None:
    """Whoever ends there before all was sent says why in its exit code."""
    with suppress(BrokenPipeError), file.source.open("rb") as source:
        while piece := source.read(PIECE):
            process.stdin.write(piece)
            await process.stdin.drain()
        process.stdin.write_eof()
