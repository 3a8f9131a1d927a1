"""A person's command on a host: its streams are a channel's, its terminal one that the host makes."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext, suppress

from ecluse.ports.terminal import Size, Terminal
from ecluse.providers.keeper.streams import UNREAD, pour
from ecluse.providers.ssh.channel import Inlet, Process
from ecluse.providers.ssh.library import asyncssh


async def attached(process: Process, terminal: Terminal) -> int:
    """Its exit code, when it and its output have ended. OSError when the connection is lost before."""

    def resized(size: Size) -> None:
        with suppress(OSError, asyncssh.Error):
            process.change_terminal_size(size.columns, size.rows)

    typing = asyncio.create_task(_typed(process, terminal))
    try:
        with terminal.raw(resized) if terminal.is_interactive else nullcontext():
            errors = Inlet(process.stderr)
            await asyncio.gather(pour(Inlet(process.stdout).read, terminal), pour(errors.read, terminal, errors=True))
            await process.wait_closed()
    except BrokenPipeError:
        return UNREAD
    finally:
        typing.cancel()
        process.close()
    return exit_code(process)


async def _typed(process: Process, terminal: Terminal) -> None:
    """Until the end of what is typed or piped, of which the command is told. It may end first, and read nothing."""
    with suppress(OSError, asyncssh.Error):
        while data := await terminal.read():
            process.stdin.write(data)
            await process.stdin.drain()
        process.stdin.write_eof()


def exit_code(process: Process) -> int:
    """128 and the number of the signal that ended it."""
    code = process.returncode
    if code is None:
        raise ConnectionResetError("the connection ended before the command did")
    return code if code >= 0 else 128 - code
