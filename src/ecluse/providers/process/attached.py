"""A person's command on this machine: its terminal is ours, handed on as it is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ecluse.ports.terminal import Terminal
from ecluse.providers.keeper.package import keeper_zipapp
from ecluse.providers.keeper.streams import UNREAD, pour
from ecluse.providers.process.start import KEPT, interpreter

SEEN = (*KEPT, "TERM", "COLORTERM")


async def attached(programs: Path, env: Mapping[str, str], terminal: Terminal, *words: str) -> int:
    """Its exit code. On a terminal it has the three descriptors; else it reads ours, and its output is poured."""
    program, _ = keeper_zipapp(programs)
    output = None if terminal.is_interactive else asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *(interpreter(), "-I", str(program), *words),
        stdout=output,
        stderr=output,
        env={name: env[name] for name in SEEN if name in env},
    )
    try:
        if process.stdout and process.stderr:
            await asyncio.gather(pour(process.stdout.read, terminal), pour(process.stderr.read, terminal, errors=True))
        code = await process.wait()
    except BrokenPipeError:
        return UNREAD
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.terminate()
    return code if code >= 0 else 128 - code
