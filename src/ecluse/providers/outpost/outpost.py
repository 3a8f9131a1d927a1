"""A way to the machine on which a balancer runs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ecluse.providers.outpost.problems import no_python

PATIENCE = 60.0
"""Seconds for what is asked there: a reload of nginx among it."""
SBIN = "/usr/sbin:/sbin"
"""Where its programs are; a user's PATH seldom has them."""
PROGRAM = Path(__file__).with_name("there.py")


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command there ended."""

    exit_code: int
    output: bytes
    errors: str


class Outpost(Protocol):
    """Runs the Python there. `name` is what people call the machine."""

    name: str

    async def python(self, words: tuple[str, ...], given: bytes) -> Ran:
        """`given` is its standard input. ProblemError H001 to H004, or H020, when it can't be run at all."""

    async def close(self) -> None: ...


async def told(outpost: Outpost, *words: str, given: str = "") -> Mapping[str, Any]:
    """What the program there answers. An interrupt waits for it: a file that is written and not read again would say
    what isn't so."""
    program = PROGRAM.read_text(encoding="utf-8")
    ran = await _to_its_end(outpost.python(("-I", "-c", program, *words), given.encode()))
    if ran.exit_code:
        raise no_python(outpost.name, ran.errors)
    answer: Mapping[str, Any] = json.loads(ran.output)
    return answer


async def _to_its_end(work: Coroutine[Any, Any, Ran]) -> Ran:
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise
