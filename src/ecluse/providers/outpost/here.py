"""A balancer on this machine."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping

from ecluse.model.host import HERE
from ecluse.providers.outpost.outpost import PATIENCE, SBIN, Ran
from ecluse.providers.outpost.problems import too_slow

KEPT = ("PATH", "HOME", "LANG")


class HereOutpost:
    """Fills Outpost. Not by way of the command runner: what that runs may see no other processes (a namespace), and
    nginx is reloaded by a signal to one."""

    name = str(HERE)

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = {name: env[name] for name in KEPT if name in env}

    async def python(self, words: tuple[str, ...], given: bytes) -> Ran:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *words,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**self._env, "PATH": f"{self._env.get('PATH', os.defpath)}:{SBIN}"},
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(PATIENCE):
                output, errors = await process.communicate(given)
        except TimeoutError:
            raise too_slow(self.name, PATIENCE) from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return Ran(process.returncode or 0, output, errors.decode(errors="replace"))

    async def close(self) -> None:
        """Nothing of ours is open."""
