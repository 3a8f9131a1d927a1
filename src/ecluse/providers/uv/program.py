"""Running uv."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from ecluse.ports.commands import Command, CommandRunner, Finished
from ecluse.providers.uv.alone import alone, cache
from ecluse.providers.uv.scratch import scratch

PATIENCE = timedelta(minutes=30)
"""A large package may build for a quarter of an hour."""
BUILDS = (("pip", "compile"), ("build",), ("lock",))
"""What runs the code of packages: setup scripts and build backends."""

Say = Callable[[str], None]


def silent(_line: str) -> None:
    """Says nothing."""


@dataclass(frozen=True, slots=True)
class Uv:
    """uv's binary with the whole environment that it gets. What it builds can write below `home` and to its cache only,
    and finds a private home."""

    binary: Path
    env: Mapping[str, str]
    commands: CommandRunner
    home: Path
    own: Mapping[str, str] = field(default_factory=dict)
    """The environment without what pip's settings add, for reading uv's own lock."""

    async def run(
        self,
        *arguments: str,
        folder: Path,
        say: Say = silent,
        env: Mapping[str, str] | None = None,
        around: Path | None = None,
    ) -> Finished:
        """How it ended. `env` is added to the usual environment; an empty value takes a variable away. `around` is the
        tree in which `folder` lies: what a package lies in is written to when it is asked what it needs."""
        return await self._run(arguments, folder, say, {**self.env, **(env or {})}, around)

    async def run_alone(self, *arguments: str, folder: Path) -> Finished:
        """As uv runs without pip's settings."""
        return await self._run(arguments, folder, silent, self.own, folder)

    async def _run(
        self, arguments: tuple[str, ...], folder: Path, say: Say, env: Mapping[str, str], around: Path | None
    ) -> Finished:
        whole = {name: value for name, value in env.items() if value}
        argv = (str(self.binary), *arguments)
        command = Command(argv=argv, folder=folder, env=whole, timeout=PATIENCE, on_output=say)
        if not any(arguments[: len(words)] == words for words in BUILDS):
            return await self.commands.run(command)
        with scratch(self.home, "home") as private:
            return await self.commands.run(self._sealed(command, private, around or folder))

    def _sealed(self, command: Command, private: Path, around: Path) -> Command:
        kept = cache(command.env)
        kept.mkdir(parents=True, exist_ok=True)
        may = (self.home, kept, around)
        return replace(command, env=alone(command.env, private), writable=may)
