"""Running uv."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from ecluse.ports.commands import Command, CommandRunner, Finished

PATIENCE = timedelta(minutes=30)
"""A large package may build for a quarter of an hour."""

Say = Callable[[str], None]


def silent(_line: str) -> None:
    """Says nothing."""


@dataclass(frozen=True, slots=True)
class Uv:
    """uv's binary with the whole environment that it gets."""

    binary: Path
    env: Mapping[str, str]
    commands: CommandRunner
    own: Mapping[str, str] = field(default_factory=dict)
    """The environment without what pip's settings add, for reading uv's own lock."""

    async def run(
        self, *arguments: str, folder: Path, say: Say = silent, env: Mapping[str, str] | None = None
    ) -> Finished:
        """How it ended. `env` is added to the usual environment; an empty value takes a variable away."""
        return await self._run(arguments, folder, say, {**self.env, **(env or {})})

    async def run_alone(self, *arguments: str, folder: Path) -> Finished:
        """As uv runs without pip's settings."""
        return await self._run(arguments, folder, silent, self.own)

    async def _run(self, arguments: tuple[str, ...], folder: Path, say: Say, env: Mapping[str, str]) -> Finished:
        whole = {name: value for name, value in env.items() if value}
        return await self.commands.run(
            Command(argv=(str(self.binary), *arguments), folder=folder, env=whole, timeout=PATIENCE, on_output=say)
        )
