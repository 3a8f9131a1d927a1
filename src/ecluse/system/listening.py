"""A port on the loopback of this machine: fills ports.tunnel.Listens."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.ports.tunnel import Pipe

LOOPBACK = "127.0.0.1"


class Loopback:
    @asynccontextmanager
    async def listening(self, port: int, meet: Callable[[Pipe], Awaitable[None]]) -> AsyncIterator[int]:
        under_way: set[asyncio.Task[None]] = set()

        async def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await meet(Pipe(reader, writer))
            finally:
                writer.close()

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.get_running_loop().create_task(met(reader, writer))
            under_way.add(task)
            task.add_done_callback(under_way.discard)

        try:
            server = await asyncio.start_server(accept, LOOPBACK, port)
        except OSError as error:
            raise ProblemError(no_port(port, error)) from error
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)


def no_port(port: int, error: OSError) -> Problem:
    taken = error.errno == errno.EADDRINUSE
    return Problem(
        code="S015", what=f"port {port} of this machine can't be had: {'something listens there' if taken else error}",
        fix="leave `--port` out, and one that is free is taken; or name another, from 1024 up",
        state="nothing was opened", exit=Exit.REFUSED,
    )  # fmt: skip
