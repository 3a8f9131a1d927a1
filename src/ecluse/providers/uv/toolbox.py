"""UvToolbox: the port's questions. What it takes to answer them is imported when one is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ecluse.ports.commands import CommandRunner
from ecluse.ports.toolbox import silent

if TYPE_CHECKING:
    from ecluse.providers.uv.shelf import Shelf


class UvToolbox:
    """Fills ports.toolbox.Toolbox. `python` runs the tools; what is made lies below `home` and may be removed."""

    def __init__(self, *, home: Path, env: Mapping[str, str], commands: CommandRunner, python: Path) -> None:
        self._home, self._env, self._commands, self._python = home, env, commands, python

    def version(self, tool: str) -> str:
        from ecluse.providers.uv import shelf  # noqa: PLC0415  as below

        return shelf.version(tool)

    def digest(self, tool: str) -> str:
        from ecluse.providers.uv import shelf  # noqa: PLC0415  as below

        return shelf.digest(tool)

    async def program(self, tool: str, name: str = "", say: Callable[[str], None] = silent) -> Path:
        return await self._shelf.program(tool, name, say)

    @cached_property
    def _shelf(self) -> Shelf:
        from ecluse.providers.uv.shelf import Shelf  # noqa: PLC0415  most commands run no tool

        return Shelf(home=self._home, env=self._env, commands=self._commands, python=self._python)
